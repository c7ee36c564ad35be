import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { range } from '#test/support/views.ts';
import { freezeRange, isRelative, parseRange, printRange, type Range, resolveRange } from '#web/range.ts';

describe('a range as text', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(range, given => {
        expect(parseRange(printRange(given))).toEqual(given);
      }),
    );
  });

  it('that is not one is refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const read = parseRange(text);
        if (read) expect(printRange(read)).toBe(text);
      }),
    );
    for (const text of [
      '',
      '..',
      '0h@UTC',
      '2y@UTC',
      '2h',
      '2h@Nowhere',
      '2h@UTC@UTC',
      '2026-01-01..',
      '2026-13-01T00:00:00.000000000Z..',
      '2026-01-02T00:00:00.000000000Z..2026-01-02T00:00:00.000000000Z',
    ])
      expect(parseRange(text), text).toBeUndefined();
  });
});

describe('a relative range', () => {
  // Monday, and half past midnight in Berlin.
  const now = Date.parse('2026-11-29T23:30:00Z');
  const days = (last: string, zone: string) => {
    const { from, to } = resolveRange({ kind: 'relative', last, zone }, now);
    return [from?.slice(0, 16), to?.slice(0, 16)];
  };

  it('of a length ends now', () => {
    expect(days('2h', 'UTC')).toEqual(['2026-11-29T21:30', undefined]);
    expect(days('15m', 'Asia/Kolkata')).toEqual(['2026-11-29T23:15', undefined]);
    expect(days('1w', 'UTC')).toEqual(['2026-11-22T23:30', undefined]);
  });

  it('of the calendar is that of its zone', () => {
    expect(days('today', 'UTC')).toEqual(['2026-11-29T00:00', undefined]);
    expect(days('today', 'Europe/Berlin')).toEqual(['2026-11-29T23:00', undefined]);
    expect(days('yesterday', 'Europe/Berlin')).toEqual(['2026-11-28T23:00', '2026-11-29T23:00']);
    expect(days('this-week', 'Europe/Berlin')).toEqual(['2026-11-29T23:00', undefined]);
    expect(days('last-week', 'UTC')).toEqual(['2026-11-16T00:00', '2026-11-23T00:00']);
    expect(days('this-month', 'UTC')).toEqual(['2026-11-01T00:00', undefined]);
    expect(days('last-month', 'Europe/Berlin')).toEqual(['2026-09-30T22:00', '2026-10-31T23:00']);
  });

  it('begins before it ends, and not in the future', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 0, max: Date.UTC(2100, 0) }), (given: Range, nowMs) => {
        const { from, to } = resolveRange(given, nowMs);
        if (from !== undefined && to !== undefined) expect(from < to).toBe(true);
        if (given.kind === 'relative') expect(Date.parse(from!)).toBeLessThanOrEqual(nowMs);
      }),
    );
    expect(['2h', '7d', 'today'].every(isRelative)).toBe(true);
    expect(['h', '-2h', '02h', 'tomorrow'].some(isRelative)).toBe(false);
  });

  it('that is relative can be frozen to the instants that it means', () => {
    const nowMs = Date.UTC(2026, 10, 29, 12);
    const hour: Range = { kind: 'relative', last: '1h', zone: 'UTC' };
    expect(printRange(freezeRange(hour, nowMs))).toBe(
      '2026-11-29T11:00:00.000000000Z..2026-11-29T12:00:00.000000000Z',
    );
    const yesterday: Range = { kind: 'relative', last: 'yesterday', zone: 'UTC' };
    expect(resolveRange(freezeRange(yesterday, nowMs), 0)).toEqual(resolveRange(yesterday, nowMs));
    expect(freezeRange({ kind: 'all' }, nowMs)).toEqual({ kind: 'all' });
  });
});
