/**
 * Instants as text of fixed width: `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`, UTC, nine digits, years 0001 to 9999.
 * These texts sort like the instants, so Annals compares them as text; neither JavaScript's Date nor a query
 * engine's timestamp can hold nine digits. Arithmetic is in nanoseconds since 1970, as bigint.
 */

/** An instant of 30 characters; see the head of this file. */
export type Instant = string;

export const nanosecondsPerMillisecond = 1_000_000n;
export const nanosecondsPerDay = 86_400_000_000_000n;

/** The form of most times: UTC, on a day that every month has. */
const usualTime =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const dateOnly = /^\d{4}-\d\d-\d\d$/;
const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isRealDate = (year: number, month: number, day: number): boolean => {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth[month - 1]!) return false;
  return !(month === 2 && day === 29) || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
};

/**
 * Parses RFC 3339 (section 5.6) to an instant: `T`, seconds, `Z` (both in any case) or `±hh:mm`, up to nine
 * fractional digits, real dates. Returns undefined for anything else, including second 60.
 */
export const parseInstant = (text: string): Instant | undefined => {
  if (usualTime.test(text)) {
    if (text.length === 30) return text;
    return text.length === 20 ? `${text.slice(0, 19)}.000000000Z` : `${text.slice(0, -1).padEnd(29, '0')}Z`;
  }
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = match;
  if (!isRealDate(Number(year), Number(month), Number(day))) return undefined;
  if (hour! > '23' || minute! > '59' || second! > '59') return undefined;
  const digits = fraction.padEnd(9, '0');
  if (sign === undefined) return `${year}-${month}-${day}T${hour}:${minute}:${second}.${digits}Z`;
  if (offsetHour! > '23' || offsetMinute! > '59') return undefined;
  const local = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  const utc = new Date(sign === '+' ? local - offset : local + offset).toISOString();
  // Outside of 0001 to 9999, toISOString returns a sign and six digits, or the year 0000.
  if (utc.length !== 24 || utc.startsWith('0000')) return undefined;
  return `${utc.slice(0, 19)}.${digits}Z`;
};

/** Parses a time of a query: an instant as above, or `YYYY-MM-DD` for its midnight UTC. */
export const parseInstantOrDate = (text: string): Instant | undefined =>
  parseInstant(dateOnly.test(text) ? `${text}T00:00:00Z` : text);

export const isInstant = (text: string): boolean => text.length === 30 && parseInstant(text) === text;

/** A time of Lambda's events, in seconds with a fraction that a double does not hold exactly. */
export const millisecondsOf = (seconds: number): number => Math.round(seconds * 1000);

/** Printing a date is slow, and many instants share a millisecond: the last one printed is remembered. */
let printedMs = Number.NaN;
let printed = '';

export const instantOfMilliseconds = (milliseconds: number, nanoseconds = 0): Instant => {
  if (milliseconds !== printedMs) {
    printed = new Date(milliseconds).toISOString().slice(0, 23);
    printedMs = milliseconds;
  }
  return `${printed}${String(nanoseconds).padStart(6, '0')}Z`;
};

export const nanosecondsOf = (instant: Instant): bigint =>
  BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * nanosecondsPerMillisecond + BigInt(instant.slice(20, 29));

export const instantOf = (nanoseconds: bigint): Instant => {
  const remainder =
    ((nanoseconds % nanosecondsPerMillisecond) + nanosecondsPerMillisecond) % nanosecondsPerMillisecond;
  return instantOfMilliseconds(
    Number((nanoseconds - remainder) / nanosecondsPerMillisecond),
    Number(remainder),
  );
};

/** A nanosecond later. */
export const nextInstant = (instant: Instant): Instant => instantOf(nanosecondsOf(instant) + 1n);

/** `count` instants from `nanoseconds` on, a nanosecond apart. */
export const consecutiveInstants = (nanoseconds: bigint, count: number): Instant[] => {
  const instants: Instant[] = [];
  const start = instantOf(nanoseconds);
  const prefix = start.slice(0, 20);
  const first = Number(start.slice(20, 29));
  for (let i = 0; i < count; i++) {
    const fraction = first + i;
    instants.push(
      fraction < 1e9 ? `${prefix}${String(fraction).padStart(9, '0')}Z` : instantOf(nanoseconds + BigInt(i)),
    );
  }
  return instants;
};

/** The instant `days` later, or earlier if negative; stops at the ends of the years 0001 and 9999. */
export const addDays = (instant: Instant, days: number): Instant => {
  const moved = Date.parse(`${instant.slice(0, 19)}Z`) + days * 86_400_000;
  if (moved < -62_135_596_800_000) return '0001-01-01T00:00:00.000000000Z';
  if (moved > 253_402_300_799_000) return '9999-12-31T23:59:59.999999999Z';
  return `${new Date(moved).toISOString().slice(0, 19)}${instant.slice(19)}`;
};

/** The UTC day of an instant, `YYYY-MM-DD`. */
export const dateOf = (instant: Instant): string => instant.slice(0, 10);

/** The day before a day, `YYYY-MM-DD`. */
export const dayBefore = (date: string): string => dateOf(addDays(`${date}T00:00:00.000000000Z`, -1));
export const dayAfter = (date: string): string => dateOf(addDays(`${date}T00:00:00.000000000Z`, 1));

/** How many days there are from one to another, both included. */
export const daysBetween = (first: string, last: string): number =>
  Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;

/** The months from one day or month to another, both included, as `YYYY-MM`; none if the first is later. */
export const monthsBetween = (first: string, last: string): string[] => {
  const months: string[] = [];
  for (let month = first.slice(0, 7); month <= last.slice(0, 7); ) {
    months.push(month);
    const [year, number] = month.split('-').map(Number) as [number, number];
    month = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  }
  return months;
};
