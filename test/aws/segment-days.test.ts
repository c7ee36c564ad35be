import { describe, expect, it } from 'vitest';
import { SegmentDays } from '#aws/segment-days.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { compactionKey, factsKey, recentKey } from '#domain/compact/layout.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const day = { date: '2026-11-20', lanes: {} };
const open = () => {
  const { objects, stored } = memoryBucket('state');
  const got: string[] = [];
  const counting = {
    get: (key: string) => {
      got.push(key);
      return objects.get(key);
    },
    list: objects.list.bind(objects),
    replace: () => Promise.resolve(true),
  };
  const said: string[] = [];
  const days = new SegmentDays(new Compactions(counting), ({ message }) => void said.push(message));
  const put = (key: string, record: object | string, etag: string): void =>
    void stored.set(key, {
      bytes: Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)),
      etag,
    });
  return { days, put, got, said };
};
const record = (compacted_to?: string) => ({
  format: 1,
  bucket: 3,
  ...(compacted_to ? { compacted_to } : {}),
});
const recent = { format: 1, bucket: 3, days: [{ date: '2026-11-24', lanes: {} }] };
const facts = { format: 1, bucket: 3, month: '2026-11', days: [day] };

describe('what is known of segments', () => {
  it('is read once for each version of the record of a bucket', async () => {
    const { days, put, got } = open();
    expect(await days.compaction(3)).toEqual({ bucket: 3, compactedTo: undefined, version: '' });
    put(compactionKey(3), record('2026-11-21'), '"1"');
    put(factsKey(3, '2026-11'), facts, '"f"');
    const first = await days.compaction(3);
    expect(first).toEqual({ bucket: 3, compactedTo: '2026-11-21', version: '"1"' });
    expect(await days.day(first, '2026-11-20')).toEqual(day);
    expect(await days.day(first, '2026-11-21')).toBeUndefined();
    expect(got.filter(key => key === factsKey(3, '2026-11'))).toHaveLength(1);
    put(compactionKey(3), record('2026-11-22'), '"2"');
    await days.day(await days.compaction(3), '2026-11-20');
    expect(got.filter(key => key === factsKey(3, '2026-11'))).toHaveLength(2);
  });

  it('of days that are not compacted is read at each call; none if the record is damaged', async () => {
    const { days, put } = open();
    expect(await days.recent(3)).toEqual({ format: 1, bucket: 3, days: [] });
    put(recentKey(3), recent, '"1"');
    expect(await days.recent(3)).toEqual(recent);
    put(recentKey(3), '{', '"2"');
    expect(await days.recent(3)).toEqual({ format: 1, bucket: 3, days: [] });
  });

  it('says on which day they begin, whatever the ledger lists, once for each version', async () => {
    const { days, put, got } = open();
    expect(await days.firstDay(await days.compaction(3))).toBeUndefined();
    put(compactionKey(3), record('2026-11-21'), '"1"');
    expect(await days.firstDay(await days.compaction(3))).toBeUndefined();
    put(factsKey(4, '2026-01'), { ...facts, bucket: 4 }, '"4"');
    put(factsKey(3, '2026-11'), facts, '"f"');
    put(
      factsKey(3, '2026-12'),
      { ...facts, month: '2026-12', days: [{ ...day, date: '2026-12-01' }] },
      '"f"',
    );
    put(compactionKey(3), record('2026-12-22'), '"2"');
    const compaction = await days.compaction(3);
    got.splice(0);
    for (let n = 0; n < 2; n++) expect(await days.firstDay(compaction)).toBe('2026-11-20');
    expect(got).toEqual([factsKey(3, '2026-11')]);
    put(factsKey(3, '2026-10'), '{', '"f"');
    expect(await days.firstDay({ ...compaction, version: '"3"' })).toBe('2026-10-01');
  });

  it('that is missing or damaged is not known: the ledger is read, and damage is reported', async () => {
    const { days, put, said } = open();
    put(compactionKey(3), record('2026-11-21'), '"1"');
    const compaction = await days.compaction(3);
    expect(await days.day(compaction, '2026-11-20')).toBe('unknown');
    put(factsKey(3, '2026-10'), '{"format":', '"f"');
    expect(await days.day(compaction, '2026-10-20')).toBe('unknown');
    put(compactionKey(3), '{', '"2"');
    expect(await days.compaction(3)).toMatchObject({ compactedTo: undefined });
    expect(said).toEqual([
      expect.stringContaining('facts/2026-10.json'),
      expect.stringContaining('compaction.json'),
    ]);
  });
});
