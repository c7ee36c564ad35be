import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerableTo,
  completeTo,
  filingClock,
  hasReached,
  isWatermark,
  noWatermark,
  type Watermark,
} from '#domain/archive/watermark.ts';
import { instantOf, nanosecondsOf } from '#domain/time.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const ns = nanosecondsOf(at);

describe('the filing clock', () => {
  it('strictly increases within a bucket, whatever the arrival times', () => {
    const records = fc.array(
      fc.record({
        bucket: fc.integer({ min: 0, max: 2 }),
        arrival: fc.bigInt({ min: 0n, max: 50n }),
        rows: fc.integer({ min: 0, max: 5 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(records), batches => {
        let watermark: Watermark = noWatermark;
        const last = new Map<number, bigint>();
        for (const batch of batches) {
          const clock = filingClock([watermark]);
          for (const { bucket, arrival, rows } of batch) {
            const base = clock.take(bucket, ns + arrival, rows);
            expect(base).toBeGreaterThanOrEqual(ns + arrival);
            expect(base).toBeGreaterThan(last.get(bucket) ?? -1n);
            last.set(bucket, base + BigInt(Math.max(rows, 1)) - 1n);
          }
          watermark = clock.watermark(watermark, '1', new Map());
        }
        for (const [bucket, end] of last) expect(watermark.filed[`0${bucket}`]).toBe(instantOf(end));
      }),
    );
  });

  it('starts after the greatest watermark over all shards, as a child does after its parent', () => {
    const parent: Watermark = { sequence: '9', filed: { '07': instantOf(ns + 5n) } };
    expect(filingClock([noWatermark, parent]).take(7, ns, 1)).toBe(ns + 6n);
  });

  it('files nothing before the first day that is looked for, whatever a clock shows', () => {
    const first = nanosecondsOf('2026-01-01T00:00:00.000000000Z');
    expect(filingClock([]).take(7, 0n, 1)).toBe(first);
    expect(filingClock([], '2025-01-01T00:00:00.000000000Z').take(7, 0n, 1)).toBe(first);
    expect(filingClock([], instantOf(first + 5n)).take(7, 0n, 1)).toBe(first + 5n);
  });
});

describe('a watermark', () => {
  it('compares sequence numbers as integers', () => {
    expect(hasReached({ sequence: '10', filed: {} }, '9')).toBe(true);
    expect(hasReached({ sequence: '9', filed: {} }, '10')).toBe(false);
  });

  it('is complete up to the earliest of the given buckets, and to nothing while one has no watermark', () => {
    const marks: Watermark[] = [
      { sequence: '1', filed: { '00': instantOf(ns), '01': instantOf(ns + 9n) } },
      { sequence: '1', filed: { '00': instantOf(ns + 3n) } },
    ];
    expect(completeTo(marks, [0, 1])).toBe(instantOf(ns + 3n));
    expect(completeTo(marks, [0, 2])).toBeUndefined();
    expect(answerableTo(marks, [0, 1])).toBe(instantOf(ns + 4n));
    expect(answerableTo(marks, [0, 2])).toBeUndefined();
  });

  it('counts rows from its first record on, and drops a count that cannot be read', () => {
    const count = (own: Watermark, sequence: string, ...rows: [number, number][]) =>
      filingClock([own]).watermark(own, sequence, new Map(rows));
    const old: Watermark = { sequence: '7', filed: { '00': at } };
    const first = count(old, '9', [0, 2], [31, 1]);
    expect(JSON.stringify(first)).toBe(
      `{"sequence":"9","filed":{"00":"${at}"},"counted":{"after":"7","rows":{"31":1,"00":2}}}`,
    );
    expect(count(first, '12', [31, 4]).counted).toEqual({ after: '7', rows: { '00': 2, '31': 5 } });
    for (const counted of [{}, null, { after: 'x', rows: {} }, { after: '1', rows: { '00': 'many' } }])
      expect(count({ ...old, counted } as Watermark, '9', [0, 2]).counted).toEqual({
        after: '7',
        rows: { '00': 2 },
      });
  });

  it('is read back, and nothing else is', () => {
    expect(isWatermark({ sequence: '7', filed: { '03': '2026-11-23T12:00:00.000000000Z' } })).toBe(true);
    for (const wrong of [
      {},
      { sequence: 7 },
      { sequence: '7' },
      { sequence: '7', filed: null },
      { sequence: '', filed: {} },
      { sequence: '7', filed: { '03': 'noon' } },
    ])
      expect(isWatermark(wrong as object), JSON.stringify(wrong)).toBe(false);
  });
});
