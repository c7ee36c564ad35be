import { describe, expect, it } from 'vitest';
import { closesAfterMs, closingAt } from '#domain/compact/closed-day.ts';
import { dayAfter, dayBefore, instantOfMilliseconds } from '#domain/time.ts';

const noon = Date.parse('2026-11-21T12:00:00Z');
const now = (ms = 0): string => instantOfMilliseconds(noon + ms);
const watermark = '2026-11-21T00:00:00.000000000Z';

describe('a closed day', () => {
  it('is one whose end the watermark has stood past for six minutes of the wall clock', () => {
    const seen = closingAt({}, watermark, now());
    expect(seen).toEqual({ closing: { date: '2026-11-20', seen_at: now() } });
    expect(closingAt(seen, watermark, now(closesAfterMs - 1))).toBe(seen);
    const closed = closingAt(seen, watermark, now(closesAfterMs));
    expect(closed).toEqual({ closed_to: '2026-11-20' });
    expect(closingAt(closed, watermark, now(closesAfterMs + 1))).toBe(closed);
    expect(closesAfterMs).toBe(6 * 60_000);
  });

  it('is not closed sooner because the watermark jumps on', () => {
    const seen = closingAt({}, watermark, now());
    const jumped = closingAt(seen, '2026-11-23T00:00:00.000000000Z', now(1000));
    expect(jumped).toBe(seen);
    expect(closingAt(jumped, '2026-11-23T00:00:00.000000000Z', now(closesAfterMs))).toEqual({
      closed_to: '2026-11-20',
      closing: { date: '2026-11-22', seen_at: now(closesAfterMs) },
    });
  });

  it('does not wait for a clock that was ahead, nor close at once because it was set back', () => {
    const ahead = closingAt({}, watermark, now(86_400_000));
    const seen = closingAt(ahead, watermark, now());
    expect(seen).toEqual({ closing: { date: '2026-11-20', seen_at: now() } });
  });

  it('is none while nothing was filed', () => {
    const known = {};
    expect(closingAt(known, undefined, now())).toBe(known);
  });

  it('has a day before and after it', () => {
    expect(dayBefore('2026-03-01')).toBe('2026-02-28');
    expect(dayAfter('2026-12-31')).toBe('2027-01-01');
  });
});
