/**
 * When a schedule is due, in a named time zone. A local time skipped by a DST change moves forward by the
 * same amount; a local time that occurs twice is used once. Windows are between instants, so nothing is lost
 * or doubled.
 */
import { DateTime, IANAZone } from 'luxon';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';

export const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;
export type Weekday = (typeof weekdays)[number];

export type Rhythm = { time_zone: string; at: string } & (
  | { every: 'daily' }
  | { every: 'weekly'; on: Weekday }
  /** In a shorter month, the last day is used. */
  | { every: 'monthly'; on: number }
);

/** An offset is not a name, though some releases of Node accept it as one. */
export const isTimeZone = (name: string): boolean => /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);

/** The first due time after an instant; undefined if it is after the year 9999, where instants end. */
export const nextDue = (rhythm: Rhythm, after: Instant): Instant | undefined => {
  const afterMs = Date.parse(after);
  const [hour, minute] = rhythm.at.split(':').map(Number) as [number, number];
  let day = DateTime.fromMillis(afterMs, { zone: rhythm.time_zone }).startOf('day');
  // A month has at most 31 days, and there is at most a month between two due days.
  for (let looked = 0; looked <= 62; looked++) {
    const due = day.set({ hour, minute });
    if (due.toUTC().year > 9999) return undefined;
    if (isOn(rhythm, day) && due.toMillis() > afterMs) return instantOfMilliseconds(due.toMillis());
    day = day.plus({ days: 1 }).startOf('day');
  }
  throw new Error(`No time was found for a schedule that is ${rhythm.every}`);
};

const isOn = (rhythm: Rhythm, day: DateTime): boolean => {
  switch (rhythm.every) {
    case 'daily':
      return true;
    case 'weekly':
      return weekdays[day.weekday - 1] === rhythm.on;
    case 'monthly':
      return day.day === Math.min(rhythm.on, day.daysInMonth ?? 28);
  }
};
