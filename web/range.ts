/**
 * The range of time that a view shows. An absolute one is of instants; a relative one carries its zone, so
 * that `today` in a shared link is the same day for everybody, and moves with the clock.
 */
import { addDays, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { isZone, localText, readLocalTime, type Zone } from './time.ts';

export type Range =
  | { kind: 'all' }
  | { kind: 'absolute'; from: Instant | undefined; to: Instant | undefined }
  /** The last `2h`, or a day of the calendar such as `yesterday`. */
  | { kind: 'relative'; last: string; zone: Zone };

export const calendarRanges = [
  'today',
  'yesterday',
  'this-week',
  'last-week',
  'this-month',
  'last-month',
] as const;
type CalendarRange = (typeof calendarRanges)[number];

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const duration = /^([1-9]\d{0,3})([mhdw])$/;

const isCalendar = (last: string): last is CalendarRange =>
  (calendarRanges as readonly string[]).includes(last);

/** Whether a text says how long ago a range begins: `15m`, `2h`, `7d`, `4w`, or a name of the calendar. */
export const isRelative = (last: string): boolean => isCalendar(last) || duration.test(last);

/** What a range means now: `from` is in it, `to` is not; undefined has no end. */
export type Window = { from: Instant | undefined; to: Instant | undefined };

export const resolveRange = (range: Range, nowMs: number): Window => {
  if (range.kind === 'all') return { from: undefined, to: undefined };
  if (range.kind === 'absolute') return { from: range.from, to: range.to };
  const { last, zone } = range;
  const [, n, unit] = duration.exec(last) ?? [];
  if (n !== undefined)
    return {
      from: instantOfMilliseconds(nowMs - Number(n) * unitMs[unit as keyof typeof unitMs]),
      to: undefined,
    };
  const [from, to] = calendarDays(
    last as CalendarRange,
    localText(instantOfMilliseconds(nowMs), zone).slice(0, 10),
  );
  return { from: midnight(from, zone), to: to === undefined ? undefined : midnight(to, zone) };
};

/** A relative range as the instants that it means now, so that it means them later too. */
export const freezeRange = (range: Range, nowMs: number): Range => {
  if (range.kind !== 'relative') return range;
  const { from, to } = resolveRange(range, nowMs);
  return { kind: 'absolute', from, to: to ?? instantOfMilliseconds(nowMs) };
};

const shift = (date: string, days: number): string =>
  addDays(`${date}T00:00:00.000000000Z`, days).slice(0, 10);

/** The first day of the range, and the day after its last one. */
const calendarDays = (name: CalendarRange, today: string): [string, string | undefined] => {
  const weekday = (new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7;
  const monday = shift(today, -weekday);
  const first = `${today.slice(0, 8)}01`;
  switch (name) {
    case 'today':
      return [today, undefined];
    case 'yesterday':
      return [shift(today, -1), today];
    case 'this-week':
      return [monday, undefined];
    case 'last-week':
      return [shift(monday, -7), monday];
    case 'this-month':
      return [first, undefined];
    case 'last-month':
      return [`${shift(first, -1).slice(0, 8)}01`, first];
  }
};

/** The first instant of a day; where clocks skip midnight, or strike it twice, the earliest of that day. */
const midnight = (date: string, zone: Zone): Instant => {
  const read = readLocalTime(`${date}T00:00`, zone)!;
  return read.kind === 'two' ? read.instants[0] : read.instant;
};

/** `all`, `2h@Europe/Berlin`, or `from..to`, either end of which may be missing. */
export const printRange = (range: Range): string => {
  switch (range.kind) {
    case 'all':
      return 'all';
    case 'relative':
      return `${range.last}@${range.zone}`;
    case 'absolute':
      return `${range.from ?? ''}..${range.to ?? ''}`;
  }
};

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/** Undefined if the text is not a range, or an empty one. */
export const parseRange = (text: string): Range | undefined => {
  if (text === 'all') return { kind: 'all' };
  const [last, zone, ...more] = text.split('@');
  if (zone !== undefined)
    return more.length === 0 && isRelative(last!) && isZone(zone)
      ? { kind: 'relative', last: last!, zone }
      : undefined;
  const [from, to, ...rest] = text.split('..');
  if (to === undefined || rest.length > 0 || (from === '' && to === '')) return undefined;
  if ([from!, to].some(end => end !== '' && !(instant.test(end) && !Number.isNaN(Date.parse(end)))))
    return undefined;
  if (from !== '' && to !== '' && from! >= to) return undefined;
  return { kind: 'absolute', from: from || undefined, to: to || undefined };
};
