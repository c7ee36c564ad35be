/**
 * The only printer of times. A time is never shown without its zone, and its nine digits are taken from its
 * text, since a `Date` holds three. A local time can name two instants, or none: whoever picks one is told.
 */
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';

/** `UTC`, or a name of the IANA database. */
export type Zone = string;

const formats = new Map<Zone, Intl.DateTimeFormat>();

const formatOf = (zone: Zone): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  return format;
};

/** Whether this browser knows the zone. Names alone: an offset such as +01:00 knows no summer time. */
export const isZone = (zone: string): boolean => {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

const offset = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** How much the zone is ahead of UTC then. */
export const offsetMsAt = (zone: Zone, milliseconds: number): number => {
  const part = formatOf(zone)
    .formatToParts(milliseconds)
    .find(({ type }) => type === 'timeZoneName')!;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = offset.exec(part.value)!;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
};

const millisecondsOf = (instant: Instant): number => Date.parse(`${instant.slice(0, 23)}Z`);

const two = (n: number): string => String(n).padStart(2, '0');

const printOffset = (offsetMs: number): string => {
  const seconds = Math.abs(offsetMs) / 1000;
  const rest = seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`;
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}${rest}`;
};

/** `2026-11-26 08:56:48 +01:00`, with up to nine digits of the second. */
export const printTime = (instant: Instant, zone: Zone, digits: 0 | 3 | 9 = 0): string => {
  const fraction = digits === 0 ? '' : `.${instant.slice(20, 20 + digits)}`;
  if (zone === 'UTC') return `${instant.slice(0, 10)} ${instant.slice(11, 19)}${fraction} UTC`;
  const offsetMs = offsetMsAt(zone, millisecondsOf(instant));
  return `${localText(instant, zone).replace('T', ' ')}${fraction} ${printOffset(offsetMs)}`;
};

/** The time on a clock of the zone, to the second: `2026-11-26T08:56:48`. */
export const localText = (instant: Instant, zone: Zone): string => {
  // The fraction stays out of the sum: an offset is in whole seconds.
  const seconds = Date.parse(`${instant.slice(0, 19)}Z`);
  return new Date(seconds + offsetMsAt(zone, millisecondsOf(instant))).toISOString().slice(0, -5);
};

/**
 * What a local time means: one instant; the earlier or the later of two; or, if clocks skip it, one moved.
 */
export type LocalTime =
  | { kind: 'one' | 'moved'; instant: Instant }
  | { kind: 'two'; instants: [Instant, Instant] };

const day = 86_400_000;
const localTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?$/;

/** Undefined if the text is not `YYYY-MM-DDThh:mm` or `…:ss`, or not a real date. */
export const readLocalTime = (text: string, zone: Zone): LocalTime | undefined => {
  if (!localTime.test(text)) return undefined;
  const whole = text.replace(' ', 'T').padEnd(19, ':00');
  const localMs = Date.parse(`${whole}Z`);
  // Date.parse moves February 30 to March.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString().slice(0, 19) !== whole) return undefined;
  const before = localMs - offsetMsAt(zone, localMs - day);
  const after = localMs - offsetMsAt(zone, localMs + day);
  const found = [...new Set([before, after])]
    .filter(ms => offsetMsAt(zone, ms) === localMs - ms)
    .sort((a, b) => a - b)
    .map(ms => instantOfMilliseconds(ms));
  if (found.length === 2) return { kind: 'two', instants: found as [Instant, Instant] };
  const [only] = found;
  // A time that clocks skip moves forward by as much as they do.
  return only === undefined
    ? { kind: 'moved', instant: instantOfMilliseconds(before) }
    : { kind: 'one', instant: only };
};

const units = [
  ['day', day],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** `3 hours ago`, rounded towards now. */
export const printAge = (instant: Instant, nowMs: number): string => {
  const passed = nowMs - millisecondsOf(instant);
  const [unit, length] = units.find(([, ms]) => Math.abs(passed) >= ms) ?? units[3];
  return ago.format(-Math.trunc(passed / length), unit);
};

/** Every form of an instant that somebody may need, with its exact text last. */
export const formsOf = (instant: Instant, zones: readonly Zone[], nowMs: number): string[] => [
  ...new Set(zones.map(zone => printTime(instant, zone, 9))),
  printAge(instant, nowMs),
  instant,
];
