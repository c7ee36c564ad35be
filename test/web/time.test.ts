import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { instantOfMilliseconds } from '#domain/time.ts';
import { formsOf, isZone, localText, offsetMsAt, printAge, printTime, readLocalTime } from '#web/time.ts';

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const zone = fc.constantFrom(...zones);
/** From 1950 on, when luxon and ICU agree to the minute. */
const milliseconds = fc.integer({ min: Date.UTC(1950, 0), max: Date.UTC(2090, 0) });
const nanoseconds = fc.integer({ min: 0, max: 999_999 });

describe('a printed time', () => {
  it('has its zone, and the time that another implementation has', () => {
    fc.assert(
      fc.property(milliseconds, zone, (ms, name) => {
        const there = DateTime.fromMillis(ms, { zone: name });
        const printed = name === 'UTC' ? `${there.toFormat('yyyy-MM-dd HH:mm:ss')} UTC` : undefined;
        expect(printTime(instantOfMilliseconds(ms), name)).toBe(
          printed ?? there.toFormat('yyyy-MM-dd HH:mm:ss ZZ'),
        );
      }),
    );
  });

  it('has the nine digits of the instant, in every zone', () => {
    fc.assert(
      fc.property(milliseconds, nanoseconds, zone, (ms, rest, name) => {
        const instant = instantOfMilliseconds(ms, rest);
        expect(printTime(instant, name, 9)).toContain(instant.slice(19, 29));
        expect(printTime(instant, name, 3)).toContain(instant.slice(19, 23));
      }),
    );
  });

  it('of a zone whose offset has seconds says them', () => {
    expect(printTime('1870-01-01T12:00:00.000000001Z', 'America/New_York', 9)).toBe(
      '1870-01-01 07:03:58.000000001 -04:56:02',
    );
    expect(printTime('0001-01-01T00:00:00.000000000Z', 'America/New_York')).toMatch(
      /^0000-12-31 19:03:58 -04:56/,
    );
  });

  it('has every form once, the exact text last', () => {
    const now = Date.UTC(2026, 10, 26, 11, 30);
    expect(formsOf('2026-11-26T08:00:00.000000007Z', ['UTC', 'Europe/Berlin', 'UTC'], now)).toEqual([
      '2026-11-26 08:00:00.000000007 UTC',
      '2026-11-26 09:00:00.000000007 +01:00',
      '3 hours ago',
      '2026-11-26T08:00:00.000000007Z',
    ]);
    expect(printAge('2026-11-26T11:30:30.000000000Z', now)).toBe('in 30 seconds');
    expect(printAge('2026-11-23T11:30:30.000000000Z', now)).toBe('2 days ago');
  });
});

describe('a zone', () => {
  it('is UTC or a name of the database', () => {
    expect([...zones, 'utc', 'Etc/GMT+5'].every(isZone)).toBe(true);
    expect(['', 'local', '+01:00', 'Europe', 'Europe/Nowhere'].some(isZone)).toBe(false);
  });
});

describe('a local time', () => {
  it('of an instant is read back as that instant, alone or as one of two', () => {
    fc.assert(
      fc.property(milliseconds, zone, (ms, name) => {
        const instant = instantOfMilliseconds(ms - (ms % 1000));
        const read = readLocalTime(localText(instant, name), name)!;
        expect(read.kind === 'two' ? read.instants : [read.instant]).toContain(instant);
      }),
    );
  });

  it('that clocks strike twice is two instants', () => {
    expect(readLocalTime('2026-10-25T02:30', 'Europe/Berlin')).toEqual({
      kind: 'two',
      instants: ['2026-10-25T00:30:00.000000000Z', '2026-10-25T01:30:00.000000000Z'],
    });
  });

  it('that clocks skip moves forward by as much', () => {
    expect(readLocalTime('2026-03-29T02:30', 'Europe/Berlin')).toEqual({
      kind: 'moved',
      instant: '2026-03-29T01:30:00.000000000Z',
    });
    // Samoa skipped a whole day.
    expect(readLocalTime('2011-12-30T12:00', 'Pacific/Apia')).toEqual({
      kind: 'moved',
      instant: '2011-12-30T22:00:00.000000000Z',
    });
  });

  it('is a real date and time', () => {
    for (const text of ['2026-02-30T00:00', '2026-13-01T00:00', '2026-01-01', '2026-01-01T25:00', 'now', ''])
      expect(readLocalTime(text, 'UTC'), text).toBeUndefined();
    expect(readLocalTime('2026-01-01 00:00', 'UTC')).toEqual({
      kind: 'one',
      instant: '2026-01-01T00:00:00.000000000Z',
    });
    expect(offsetMsAt('Asia/Kolkata', 0)).toBe(5.5 * 3_600_000);
  });
});
