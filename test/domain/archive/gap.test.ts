import { describe, expect, it } from 'vitest';
import { gapOfQuarantineKey, gapPrefixes, gapsOfOnFailure, isReported } from '#domain/archive/gap.ts';
import { quarantineKey } from '#domain/archive/layout.ts';

const at = '2026-11-23T12:00:00.000000000Z';

describe('a gap', () => {
  it('is found by the key of the quarantined record', () => {
    const key = quarantineKey({
      bucket: 7,
      filedAt: at,
      stream: 'annals@x',
      shard: 'shardId-1',
      sequence: '9',
      line: 3,
    });
    expect(gapOfQuarantineKey(key)).toEqual({ cause: key, bucket: 7, filedAt: at });
    const any = quarantineKey({
      bucket: undefined,
      filedAt: at,
      stream: 'annals@x',
      shard: 'shardId-1',
      sequence: '9',
      line: undefined,
    });
    expect(gapOfQuarantineKey(any)).toMatchObject({ bucket: undefined });
    expect(gapPrefixes([7]).some(prefix => key.startsWith(prefix))).toBe(true);
    expect(gapPrefixes([7]).some(prefix => any.startsWith(prefix))).toBe(true);
    expect(gapPrefixes([8]).some(prefix => key.startsWith(prefix))).toBe(false);
  });

  it('is reported by every answer over its bucket that begins before a day after it', () => {
    const gap = { cause: 'k', bucket: 7, filedAt: at };
    const complete = '2026-12-01T00:00:00.000000000Z';
    expect(isReported(gap, [7], undefined, complete)).toBe(true);
    expect(isReported(gap, [7], '2026-11-24T11:59:59.999999999Z', complete)).toBe(true);
    expect(isReported(gap, [7], '2026-11-24T12:00:00.000000000Z', complete)).toBe(false);
    expect(isReported(gap, [6], undefined, complete)).toBe(false);
    expect(isReported({ ...gap, bucket: undefined }, [6], undefined, complete)).toBe(true);
  });

  it('that has ended is reported by answers that are not complete past its end', () => {
    const gap = { cause: 'k', bucket: 7, filedAt: at, endedAt: '2026-11-25T00:00:00.000000000Z' };
    expect(isReported(gap, [7], undefined, gap.endedAt)).toBe(true);
    expect(isReported(gap, [7], undefined, '2026-11-25T00:00:00.000000001Z')).toBe(false);
  });

  it('is each record that the event source gave up on, and counts for every bucket while it cannot be read', () => {
    const payload = JSON.stringify({
      Records: [
        { kinesis: { partitionKey: 'bucket=07', approximateArrivalTimestamp: Date.parse(at) / 1000 } },
        { kinesis: { partitionKey: 'x' } },
      ],
    });
    const later = '2026-11-24T00:00:00.000000000Z';
    expect(gapsOfOnFailure('k', JSON.stringify({ payload }), later, 32)).toEqual([
      { cause: 'k', bucket: 7, filedAt: at },
      { cause: 'k', bucket: undefined, filedAt: later },
    ]);
    for (const text of ['', '{}', '{"payload":"{"}', 'null'])
      expect(gapsOfOnFailure('k', text, later, 32)).toEqual([
        { cause: 'k', bucket: undefined, filedAt: later },
      ]);
  });
});
