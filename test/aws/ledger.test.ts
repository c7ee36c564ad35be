import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import { lanes } from '#domain/archive/lane.ts';
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

    expect(
      await read.sizes(
        [bucket],
        lanes.map(lane => ({ lane, first: undefined, last: '2026-12-31' })),
      ),
    ).toEqual([{ lane: 'late', date: '2026-11-23', objects: 2, bytes: old.length + today.length }]);
    const least = (from: Instant | undefined, to: Instant) =>
      read.leastLate({ id: 'acme', bucket }, { from, to });
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
    await read.leastLate(
      { id: 'acme', bucket },
      { from: '0001-01-01T00:00:00.000000000Z', to: at('23:00:00') },
    );
    expect(listed).toHaveLength(11);
  });

  it('is listed between two days alone, and tells the keys and the first of the days', async () => {
    const { ledger } = await openBuckets();
    const read = new Ledger(ledger);
    const put = (date: string, time: string, lane: 'ontime' | 'late' = 'ontime') =>
      ledger.create(
        objectKey({
          lane,
          bucket,
          firstFiledAt: `${date}T${time}.000000000Z`,
          stream: 's',
          shard: 'shardId-000000000000',
          firstSequence: '1',
          lastSequence: '1',
          textSha256: 'ab'.repeat(32),
        }),
        Buffer.from('x'),
      );
    for (const date of ['2026-10-31', '2026-11-01', '2026-11-02', '2026-11-03']) await put(date, '01:00:00');
    await put('2026-11-02', '00:00:00');
    await put('2026-11-02', '00:00:00', 'late');
    // An old name sorts after all new ones of its day.
    const old = `events/lane=ontime/bucket=${bucket}/date=2026-11-02/2026-11-02T00:30:00.000000000Z-s-1-2-deadbeef`;
    await ledger.create(`${old}.json.gz`, Buffer.from('x'));

    const days = async (first: string | undefined, last: string) =>
      (
        await read.sizes(
          [bucket],
          lanes.map(lane => ({ lane, first, last })),
        )
      ).map(({ lane, date, objects }) => `${lane} ${date} ${objects}`);
    expect((await days('2026-11-02', '2026-11-02')).sort()).toEqual([
      'late 2026-11-02 1',
      'ontime 2026-11-02 3',
    ]);
    expect(await days('2026-10-31', '2026-11-01')).toEqual(['ontime 2026-10-31 1', 'ontime 2026-11-01 1']);
    expect(await days('2026-11-04', '2026-11-03')).toEqual([]);
    const keys = await read.keysOf('ontime', bucket, '2026-11-02');
    expect(keys.map(key => /T(\d\d:?\d\d)/.exec(key)![1])).toEqual(['0000', '00:30', '0100']);
    expect(await read.firstDay('ontime', bucket, { first: '2026-11-01', last: '2026-11-03' })).toBe(
      '2026-11-01',
    );
    expect(await read.firstDay('late', bucket, { first: '2026-11-03', last: '2026-12-03' })).toBeUndefined();
  });
});
