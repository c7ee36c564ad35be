import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  consecutiveInstants,
  dayAfter,
  dayBefore,
  instantOf,
  isInstant,
  monthsBetween,
  nanosecondsOf,
  parseInstant,
  parseInstantOrDate,
} from '#domain/time.ts';

const nanoseconds = fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n });

describe('an instant', () => {
  it.each([
    ['2017-12-21T13:50:54.474Z', '2017-12-21T13:50:54.474000000Z'],
    ['2026-11-23T00:00:00Z', '2026-11-23T00:00:00.000000000Z'],
    ['2026-11-23t00:00:00.5z', '2026-11-23T00:00:00.500000000Z'],
    ['2026-11-23t00:00:00+01:00', '2026-11-22T23:00:00.000000000Z'],
    ['2026-11-23T00:00:00.123456789+05:30', '2026-11-22T18:30:00.123456789Z'],
    ['2026-01-01T00:00:00-00:00', '2026-01-01T00:00:00.000000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000000Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000000000Z'],
  ])('is read from %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '2026-11-23',
    '2026-11-23 00:00:00Z',
    '2026-11-23T00:00Z',
    '2026-11-23T00:00:00',
    '2026-11-23T24:00:00Z',
    '2026-11-23T23:60:00Z',
    '2016-12-31T23:59:60Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-11-23T00:00:00.Z',
    '2026-11-23T00:00:00.1234567890Z',
    '2026-11-23T00:00:00+24:00',
    '2026-11-23T00:00:00+0100',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '10000-01-01T00:00:00Z',
    '2026-11-23T00:00:00Z\n',
  ])('is not read from %j', text => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('is the same as its nanoseconds', () => {
    fc.assert(
      fc.property(nanoseconds, ns => {
        expect(nanosecondsOf(instantOf(ns))).toBe(ns);
        expect(isInstant(instantOf(ns))).toBe(true);
      }),
    );
  });

  it('sorts as text as it does in time', () => {
    fc.assert(
      fc.property(nanoseconds, nanoseconds, (a, b) => void expect(instantOf(a) < instantOf(b)).toBe(a < b)),
    );
  });

  it('is followed by the next nanosecond, also over a second', () => {
    const start = nanosecondsOf('2026-11-23T23:59:59.999999998Z');
    expect(consecutiveInstants(start, 4)).toEqual([0n, 1n, 2n, 3n].map(i => instantOf(start + i)));
  });

  it('moves by days, and stops at the ends of time', () => {
    expect(addDays('2026-03-01T01:02:03.000000004Z', -1)).toBe('2026-02-28T01:02:03.000000004Z');
    expect(addDays('0001-01-01T00:00:00.000000000Z', -1)).toBe('0001-01-01T00:00:00.000000000Z');
    expect(addDays('9999-12-31T12:00:00.000000000Z', 1)).toBe('9999-12-31T23:59:59.999999999Z');
  });

  it('may be a date in a query, for its midnight UTC', () => {
    expect(parseInstantOrDate('2026-11-23')).toBe('2026-11-23T00:00:00.000000000Z');
    expect(parseInstantOrDate('2026-11-31')).toBeUndefined();
  });
});

describe('days and months', () => {
  it('follow each other', () => {
    expect(dayBefore('2026-03-01')).toBe('2026-02-28');
    expect(dayAfter('2026-12-31')).toBe('2027-01-01');
  });

  it('are those from one to another, both included', () => {
    expect(monthsBetween('2026-11', '2027-02')).toEqual(['2026-11', '2026-12', '2027-01', '2027-02']);
    expect(monthsBetween('2026-11-30', '2026-11-30')).toEqual(['2026-11']);
    expect(monthsBetween('2026-11', '2026-10')).toEqual([]);
  });
});
