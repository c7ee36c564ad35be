/** docs/privacy.md says how long each place keeps what it has; here it is held against the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultRefused } from '#domain/refused/usage.ts';
import { maxIdleMs, maxSessionMs } from '#embedded/access/sessions.ts';
import { resultsKeptMs } from '#embedded/storage/expiry.ts';
import { readSettings, settingNames } from '#lib/settings.ts';
import { maxSavedViews } from '#web/log/saved-views.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const page = read('docs/privacy.md');

/** The rows of the tables whose first cell is this. */
const rowsOf = (place: string): string[][] =>
  [...page.matchAll(/^\| (.*) \|$/gm)]
    .map(([, row]) => row!.split(' | '))
    .filter(([first]) => first === place);
const rowOf = (place: string): string => {
  const [row, ...more] = rowsOf(place);
  expect([place, row !== undefined, more.length]).toEqual([place, true, 0]);
  return row!.join(' | ');
};
const dayMs = 86_400_000;

describe('the page about personal data', () => {
  const settings = readSettings({});

  it('says how long the stack keeps what it has, and by which setting', () => {
    const kept = {
      ledger: 'lockDays',
      results: 'resultsDays',
      'aside: refused events': 'refusedDays',
      'operational logs': 'logDays',
      'access logs of the buckets': 'accessLogDays',
    } as const;
    for (const [place, name] of Object.entries(kept)) {
      expect(settingNames).toContain(name);
      expect(rowOf(place)).toContain(`${settings[name]} days`);
      expect(rowOf(place)).toContain(`\`${name}\``);
    }
    expect(settings.lockMode).toBe('governance');
    expect(page).toMatch(/in mode `governance` for all/);
  });

  it('says what the resources have that no setting changes', () => {
    const [, streamDays] = /retentionPeriod: Duration\.days\((\d+)\)/.exec(
      read('lib/resources/event-stream.ts'),
    )!;
    const [, asideDays] = /noncurrentVersionExpiration: Duration\.days\((\d+)\)/.exec(
      read('lib/resources/storage.ts'),
    )!;
    const [, streamHours] = /retainMs \?\? (\d+) \* 3_600_000/.exec(read('embedded/stream/kinesis.ts'))!;
    expect(rowOf('stream')).toContain(`${streamDays} days; on one machine ${streamHours} hours`);
    expect(rowOf('aside: what could not be filed')).toContain(`then ${asideDays} days`);
  });

  it('says what one machine, the client and the browser keep', () => {
    expect(rowOf('results')).toContain(`${resultsKeptMs / dayMs} days`);
    expect(rowOf('aside: refused events')).toContain(`${defaultRefused.days} days`);
    const [session, views] = rowsOf('the browser, on the Audit Log page').map(row => row.join(' | '));
    expect(session).toContain(
      `${maxIdleMs / 60_000} idle minutes, at most ${maxSessionMs / 3_600_000} hours`,
    );
    expect(views).toContain(`at most ${maxSavedViews},`);
    const mebibytes = (file: string): string =>
      /maxBytes(?:: | = )(\d+) \* 1024 \* 1024/.exec(read(file))![1]!;
    const spool = rowOf('spool of [the client](client.md)');
    expect(spool).toContain(`at most ${mebibytes('client/audit-log.ts')} MiB, and refused ones, at most`);
    expect(spool).toContain(`refused ones, at most ${mebibytes('client/refused-file.ts')} MiB`);
  });

  it('gives a data protection officer the same times', () => {
    const [, wording = ''] = page.split('\n## Wording for a data protection officer\n');
    const { refusedDays, resultsDays, logDays } = settings;
    expect(wording).toContain(
      `refused events ${refusedDays} days, files of exports ${resultsDays} days, operational logs ${logDays} days`,
    );
  });
});
