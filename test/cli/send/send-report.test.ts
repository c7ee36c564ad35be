import { describe, expect, it } from 'vitest';
import { SendReport } from '#cli/send/send-report.ts';

const accepted = { index: 0, id: 'i', occurred_at: 't' };

describe('the report of annals send', () => {
  it('counts accepted events, and leaves out counts of zero', () => {
    const report = new SendReport();
    report.accept({ line: 1 }, accepted);
    expect(report.json()).toEqual({ accepted: 1, refused: [] });
    expect(report.text()).toBe('1 accepted, 0 refused');
  });

  it('counts refusals by code with their first lines, and lists them', () => {
    const report = new SendReport();
    for (let line = 1; line <= 25; line++)
      report.refuse({ line, code: 'invalid_type', path: '/success', message: 'Expected a boolean' });
    const text = report.text();
    expect(text).toContain('0 accepted, 25 refused');
    expect(text).toMatch(/invalid_type +25 +1, 2, 3, 4, 5, 6, …/);
    expect(text).toContain('… and 5 more; use --json to list them');
    expect(report.json()).toMatchObject({ refusals: { invalid_type: { events: 25 } } });
  });

  it('bounds what it keeps of a file of refused events', () => {
    const report = new SendReport();
    for (let line = 1; line <= 10_002; line++)
      report.refuse({ line, code: 'invalid_json', path: '', message: 'x' });
    expect(report.json().refused).toHaveLength(10_000);
    expect(report.json()).toMatchObject({ refused_left_out: 2 });
  });
});
