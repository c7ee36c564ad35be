import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import { objectKey } from '#domain/archive/layout.ts';
import type { Instant } from '#domain/time.ts';
import { filed, rowText } from '#test/support/builders.ts';
import { openBuckets } from '#test/support/world.ts';

const bucket = 26;
const at = (time: string): Instant => `2026-11-23T${time}.000000000Z`;
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const rowAt = (n: number, occurredAt: Instant, filedAt: Instant): Buffer =>
  filed(rowText(uuid(n), occurredAt), filedAt);

describe('the ledger', () => {
  it('is read in the names and the many members of before as in those of today, by instants', async () => {
    const { ledger } = await openBuckets();
    const read = new Ledger(ledger);
    const folder = `events/lane=late/bucket=${bucket}/date=2026-11-23`;
    const old = Buffer.concat([
      gzipSync(rowAt(1, '2026-10-05T00:00:00.000000000Z', at('10:59:00'))),
      gzipSync(rowAt(2, '2026-10-02T00:00:00.000000000Z', at('10:59:01'))),
    ]);
    await ledger.create(`${folder}/${at('10:59:00')}-shardId-000000000000-1-2-deadbeef.json.gz`, old);
    const name = {
      lane: 'late',
      bucket,
      firstFiledAt: at('10:00:00'),
      stream: 's',
      shard: 'shardId-000000000000',
      firstSequence: '3',
      lastSequence: '3',
      textSha256: 'ab'.repeat(32),
    } as const;
    const today = gzipSync(rowAt(3, '2026-10-03T00:00:00.000000000Z', at('10:00:00')));
    await ledger.create(objectKey(name), today);

    expect(await read.sizes([bucket], undefined, '2026-12-31')).toEqual([
      { lane: 'late', date: '2026-11-23', objects: 2, bytes: old.length + today.length },
    ]);
    const least = (from: Instant | undefined, to: Instant) => read.leastLate('acme', bucket, from, to);
    expect(await least(undefined, at('23:00:00'))).toBe('2026-10-02T00:00:00.000000000Z');
    expect(await least(undefined, at('10:58:00'))).toBe('2026-10-03T00:00:00.000000000Z');
    expect(await least(at('10:30:00'), at('10:59:01'))).toBe('2026-10-05T00:00:00.000000000Z');
    // A schedule may begin before there was a ledger: its late rows are found, and no month is listed for nothing.
    for (const year of ['0001', '0999', '1970', '2025'])
      expect(await least(`${year}-01-01T00:00:00.000000000Z`, at('23:00:00'))).toBe(
        '2026-10-02T00:00:00.000000000Z',
      );
  });

  it('is listed from its first day on, whenever a run begins', async () => {
    const listed: string[] = [];
    const empty = {
      get: async () => undefined,
      list: (prefix: string) => {
        listed.push(prefix);
        return (async function* () {})();
      },
    };
    const read = new Ledger(empty as unknown as ConstructorParameters<typeof Ledger>[0]);
    await read.leastLate('acme', bucket, '0001-01-01T00:00:00.000000000Z', at('23:00:00'));
    expect(listed).toHaveLength(11);
  });
});
