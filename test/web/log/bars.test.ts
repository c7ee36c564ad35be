import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervals } from '#domain/browse/histogram.ts';
import { instantOf, nanosecondsOf } from '#domain/time.ts';
import { instant } from '#test/support/views.ts';
import { barsOf, intervalFor } from '#web/log/bars.ts';

const noon = '2026-11-26T12:00:00.000000000Z';
const before = (minutes: number) => instantOf(nanosecondsOf(noon) - BigInt(minutes) * 60_000_000_000n);

describe('the bars of a histogram', () => {
  it('have an interval that fits the range', () => {
    expect([10, 60, 240, 1440, 10_080, 43_200, 525_600].map(n => intervalFor(before(n), noon))).toEqual([
      '1m',
      '1m',
      '5m',
      '1h',
      '6h',
      '1d',
      '7d',
    ]);
    expect(intervalFor(undefined, noon)).toBe('7d');
  });

  it('are one for each interval, also where nothing happened; pages add up', () => {
    const counts = [
      { from: before(60), succeeded: 1, failed: 2 },
      { from: before(180), succeeded: 3, failed: 0 },
      { from: before(60), succeeded: 4, failed: 0 },
    ];
    const bars = barsOf(counts, '1h', { from: before(200), to: noon });
    expect(bars.map(({ succeeded, failed }) => [succeeded, failed])).toEqual([
      [0, 0],
      [3, 0],
      [0, 0],
      [5, 2],
    ]);
    expect(bars.at(-1)).toMatchObject({ from: before(60), to: noon });
    expect(barsOf(counts, '1h', { from: undefined, to: noon })).toHaveLength(3);
    expect(barsOf([], '1h', { from: undefined, to: noon })).toEqual([]);
  });

  it('lie side by side, and are not too many', () => {
    fc.assert(
      fc.property(
        instant,
        instant,
        fc.constantFrom(...(Object.keys(intervals) as '1m'[])),
        (a, b, interval) => {
          if (a === b) return;
          const [from, to] = [a, b].sort() as [string, string];
          const bars = barsOf([], interval, { from, to });
          expect(bars.length).toBeLessThanOrEqual(120);
          for (let n = 1; n < bars.length; n++) expect(bars[n]!.from).toBe(bars[n - 1]!.to);
          expect(bars.at(-1)!.to >= to).toBe(true);
        },
      ),
    );
  });
});
