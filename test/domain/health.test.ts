import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HealthCode, healthProblem, healthProblems, takesEvents } from '#domain/health.ts';

describe('the health of a log', () => {
  it('has only problems that the runbook describes', () => {
    const runbook = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
    for (const code of Object.keys(healthProblems)) expect(runbook).toContain(`\`${code}\``);
  });

  it('lets events in unless one of its problems is of the disk or the stream', () => {
    const refusing = (Object.keys(healthProblems) as HealthCode[]).filter(
      code => !takesEvents([healthProblem('open_gaps'), healthProblem(code)]),
    );
    expect(refusing).toEqual(['disk_full', 'disk_read_only', 'disk_failing', 'stream_broken']);
    expect(takesEvents([])).toBe(true);
  });

  it('says more of a problem behind its meaning', () => {
    expect(healthProblem('open_gaps', ': 3').message).toBe(`${healthProblems.open_gaps}: 3`);
  });
});
