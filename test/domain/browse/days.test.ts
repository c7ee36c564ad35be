import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneOf, lateBefore } from '#domain/archive/lane.ts';
import { decidedFrom, firstDayOf, isReadBefore, lanesOf } from '#domain/browse/days.ts';
import { dateOf, instantOfMilliseconds } from '#domain/time.ts';

const hour = 3_600_000;
const base = Date.parse('2026-11-23T00:00:00Z');
/** A row: filed at most a day before it occurred, or any time later. */
const filing = fc
  .tuple(fc.integer({ min: 0, max: 20 * 24 }), fc.integer({ min: -24, max: 300 }))
  .map(([occurred, after]) => ({
    occurredAt: instantOfMilliseconds(base + occurred * hour),
    filedAt: instantOfMilliseconds(base + (occurred + after) * hour, 1),
  }));

describe('the days of a walk', () => {
  it('hold every row of a window in the lane that is read', () => {
    fc.assert(
      fc.property(filing, filing, ({ occurredAt, filedAt }, other) => {
        const lane = laneOf(occurredAt, lateBefore(filedAt));
        const [from, to] = [occurredAt, other.occurredAt].sort() as [string, string];
        if (occurredAt > to) return;
        expect(lanesOf(dateOf(filedAt), from, to)).toContain(lane);
        expect(firstDayOf(lane, from)! <= dateOf(filedAt) || occurredAt < from).toBe(true);
      }),
    );
  });

  it('that are still to be read hold nothing that is said to be decided', () => {
    fc.assert(
      fc.property(filing, fc.integer({ min: 0, max: 30 }), ({ occurredAt, filedAt }, n) => {
        const date = dateOf(instantOfMilliseconds(base + n * 24 * hour));
        if (occurredAt >= decidedFrom(date)) expect(dateOf(filedAt) >= date).toBe(true);
      }),
    );
    expect(isReadBefore('2026-11-23', undefined)).toBe(true);
    expect(isReadBefore('2026-11-23', '2026-11-24T00:00:00.000000000Z')).toBe(false);
    expect(isReadBefore('2026-11-23', '2026-11-23T23:59:59.999999999Z')).toBe(true);
  });
});
