import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDue, type Rhythm, weekdays } from '#domain/schedule/recurrence.ts';
import { instantOfMilliseconds, nanosecondsOf } from '#domain/time.ts';

const instant = (text: string) => instantOfMilliseconds(Date.parse(text));

const daily = (time_zone: string, at: string): Rhythm => ({ every: 'daily', time_zone, at });

describe('the next time of a rhythm', () => {
  it.each<[string, Rhythm, string, string]>([
    ['later that day', daily('UTC', '06:00'), '2026-11-23T05:59:59Z', '2026-11-23T06:00:00Z'],
    [
      'the next day, at the very moment',
      daily('UTC', '06:00'),
      '2026-11-23T06:00:00Z',
      '2026-11-24T06:00:00Z',
    ],
    ['in the zone', daily('Europe/Berlin', '06:00'), '2026-11-23T05:30:00Z', '2026-11-24T05:00:00Z'],
    ['a day of 25 hours', daily('Europe/Berlin', '06:00'), '2026-10-24T04:00:00Z', '2026-10-25T05:00:00Z'],
    ['a day of 23 hours', daily('Europe/Berlin', '06:00'), '2026-03-28T05:00:00Z', '2026-03-29T04:00:00Z'],
    [
      'a time that the day does not have',
      daily('Europe/Berlin', '02:30'),
      '2026-03-28T12:00:00Z',
      '2026-03-29T01:30:00Z',
    ],
    [
      'a zone of half an hour',
      daily('Asia/Kolkata', '00:00'),
      '2026-11-23T00:00:00Z',
      '2026-11-23T18:30:00Z',
    ],
    [
      'a weekday',
      { every: 'weekly', on: 'monday', at: '06:00', time_zone: 'UTC' },
      '2026-11-23T06:00:00Z',
      '2026-11-30T06:00:00Z',
    ],
    [
      'a day of the month',
      { every: 'monthly', on: 15, at: '06:00', time_zone: 'UTC' },
      '2026-11-15T06:00:00Z',
      '2026-12-15T06:00:00Z',
    ],
    [
      'the last day of a month that is short',
      { every: 'monthly', on: 31, at: '06:00', time_zone: 'UTC' },
      '2027-01-31T06:00:00Z',
      '2027-02-28T06:00:00Z',
    ],
  ])('is %s', (_, rhythm, after, expected) => {
    expect(nextDue(rhythm, instant(after))).toBe(instant(expected));
  });

  it.each<[Rhythm, string]>([
    [daily('Pacific/Kiritimati', '06:00'), '9999-12-31T23:00:00Z'],
    [daily('Pacific/Pago_Pago', '23:00'), '9999-12-31T12:00:00Z'],
    [{ every: 'weekly', on: 'monday', time_zone: 'UTC', at: '00:00' }, '9999-12-30T00:00:00Z'],
    [{ every: 'monthly', on: 1, time_zone: 'UTC', at: '00:00' }, '9999-12-01T00:00:00Z'],
  ])('is not there after the last one that is an instant: %o', (rhythm, after) => {
    expect(nextDue(rhythm, instant(after))).toBeUndefined();
  });

  it('always comes, later, and within a month and a day, whatever the zone does', () => {
    const rhythms = fc.oneof(
      fc.constant({ every: 'daily' as const }),
      fc.constantFrom(...weekdays).map(on => ({ every: 'weekly' as const, on })),
      fc.integer({ min: 1, max: 31 }).map(on => ({ every: 'monthly' as const, on })),
    );
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Kathmandu',
    );
    fc.assert(
      fc.property(
        rhythms,
        zones,
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1.7e12, max: 2.2e12 }),
        (rhythm, time_zone, minutes, ms) => {
          const at = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
          const after = instantOfMilliseconds(ms);
          const due = nextDue({ ...rhythm, time_zone, at } as Rhythm, after)!;
          expect(due > after).toBe(true);
          expect(Number(nanosecondsOf(due) - nanosecondsOf(after)) / 8.64e13).toBeLessThan(33);
        },
      ),
    );
  });
});
