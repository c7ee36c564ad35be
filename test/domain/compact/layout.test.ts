import { describe, expect, it } from 'vitest';
import { parseSegmentKey, recentPrefix, segmentKey, segmentPartition } from '#domain/compact/layout.ts';

const name = { lane: 'late', bucket: 7, date: '2026-11-25', n: 12, sha256: 'ab'.repeat(32) } as const;

describe('the key of a segment', () => {
  it('names its partition, its place in the day and the start of its hash', () => {
    expect(segmentKey(name)).toBe('segments/lane=late/bucket=07/date=2026-11-25/12-abababab.parquet');
    expect(segmentKey(name).startsWith(segmentPartition(name))).toBe(true);
  });

  it('is read back, of closed days and of the open one', () => {
    const { sha256: _, ...partition } = name;
    const parsed = { ...partition, digits: 'abababab' };
    expect(parseSegmentKey(segmentKey(name))).toEqual(parsed);
    expect(parseSegmentKey(segmentKey(name, recentPrefix))).toEqual(parsed);
  });

  it.each([
    'segments/lane=early/bucket=07/date=2026-11-25/1-abababab.parquet',
    'segments/lane=late/bucket=007/date=2026-11-25/1-abababab.parquet',
    'segments/lane=late/bucket=07/date=2026-11-25/01-abababab.parquet',
    'segments/lane=late/bucket=07/date=2026-11-25/1-ABABABAB.parquet',
    'segments/lane=late/bucket=07/date=2026-11-25/x/1-abababab.parquet',
    'events/lane=late/bucket=07/date=2026-11-25/1-abababab.parquet',
  ])('is not %s', key => {
    expect(parseSegmentKey(key)).toBeUndefined();
  });
});
