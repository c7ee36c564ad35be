import { describe, expect, it } from 'vitest';
import { Histogram, intervalOf, maxIntervals } from '#domain/browse/histogram.ts';
import { addDays } from '#domain/time.ts';

describe('a histogram', () => {
  it.each([
    ['1m', '2026-11-26T13:37:00.000000000Z'],
    ['5m', '2026-11-26T13:35:00.000000000Z'],
    ['15m', '2026-11-26T13:30:00.000000000Z'],
    ['1h', '2026-11-26T13:00:00.000000000Z'],
    ['6h', '2026-11-26T12:00:00.000000000Z'],
    ['1d', '2026-11-26T00:00:00.000000000Z'],
    ['7d', '2026-11-23T00:00:00.000000000Z'],
  ] as const)('has intervals of %s that begin at midnight or on Monday', (name, from) => {
    expect(intervalOf('2026-11-26T13:37:59.999999999Z', name)).toBe(from);
    expect(intervalOf(from, name)).toBe(from);
  });

  it('has intervals before 1970 as well', () => {
    expect(intervalOf('1931-05-07T13:00:00.000000000Z', '1d')).toBe('1931-05-07T00:00:00.000000000Z');
  });

  it('counts by outcome, and takes no more intervals than it may have', () => {
    const histogram = new Histogram('1d');
    const start = '2026-11-26T13:37:59.999999999Z';
    expect(histogram.add(start, true)).toBe(true);
    expect(histogram.add(start, false)).toBe(true);
    expect(histogram.counts()).toEqual([{ from: '2026-11-26T00:00:00.000000000Z', succeeded: 1, failed: 1 }]);
    for (let n = 1; n < maxIntervals; n++) expect(histogram.add(addDays(start, -n), true)).toBe(true);
    expect(histogram.add(addDays(start, -maxIntervals), true)).toBe(false);
    expect(histogram.add(start, true)).toBe(true);
    expect(histogram.counts()).toHaveLength(maxIntervals);
  });
});
