import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compactionKey } from '#domain/compact/layout.ts';
import { annals } from '#test/support/annals.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A data directory whose bucket 7 is compacted up to a day. */
const filled = async () => {
  const data = await temporaryDirectory();
  const put = (key: string, record: object): void => {
    const path = join(data, 'buckets', 'state', key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(record));
  };
  mkdirSync(join(data, 'tmp'));
  put('installation.json', { buckets: 32, ledger: 'ledger' });
  put(compactionKey(7), { format: 1, bucket: 7, compacted_to: '2026-11-25' });
  return data;
};

describe('annals rebuild', () => {
  it('marks a day of a bucket, and says when its segments are made again', async () => {
    const data = await filled();
    const day = ['--bucket', '07', '--date', '2026-11-20', '--data', data];
    const marked = await annals(['rebuild', ...day]);
    expect(marked).toMatchObject({ code: 0, err: '' });
    expect(marked.out).toContain('The segments of 2026-11-20 of bucket 07 are made again within a quarter');
    const again = await annals(['rebuild', ...day, '--json']);
    expect(JSON.parse(again.out)).toEqual({ bucket: 7, date: '2026-11-20', outcome: 'not_compacted' });
    expect((await annals(['rebuild', ...day])).out).toContain('is not compacted yet');
  });

  it('refuses a bucket or a day that cannot be, and ends with 3 without an installation', async () => {
    const data = await filled();
    const run = (bucket: string, date: string, at = data) =>
      annals(['rebuild', '--bucket', bucket, '--date', date, '--data', at]);
    const bucket = await run('32', '2026-11-20');
    expect(bucket.code).toBe(2);
    expect(bucket.err).toContain('--bucket is "32"; expected a number from 0 to 31');
    expect(await run('x', '2026-11-20')).toMatchObject({ code: 2 });
    const date = await run('7', '2026-02-30');
    expect(date.code).toBe(2);
    expect(date.err).toContain('--date is "2026-02-30"; expected a day as YYYY-MM-DD');
    expect(await run('7', '2026-11-20', await temporaryDirectory())).toMatchObject({ code: 3 });
    expect(
      await annals(['--stack', 'A', 'rebuild', '--bucket', '7', '--date', 'x', '--data', data]),
    ).toMatchObject({ code: 2 });
  });
});
