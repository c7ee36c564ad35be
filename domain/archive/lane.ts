/**
 * The lanes of the ledger. An event is late if it was filed more than 24 hours after it occurred. These 24
 * hours are part of the stored format: a row stays in its lane forever, and whoever reads a window of time
 * relies on it to skip days.
 */
import {
  addDays,
  consecutiveInstants,
  type Instant,
  nanosecondsOf,
  nanosecondsPerDay,
} from '#domain/time.ts';

export const lanes = ['ontime', 'late'] as const;
export type Lane = (typeof lanes)[number];

const lateAfterDays = 1;

/** An event that occurred before this is late if it is filed at `filedAt`. */
export const lateBefore = (filedAt: Instant): Instant => addDays(filedAt, -lateAfterDays);

/** `lateBefore` for a number of rows that are filed at consecutive nanoseconds from `filedAt` on. */
export const lateBeforeEach = (filedAt: Instant, rows: number): Instant[] =>
  consecutiveInstants(nanosecondsOf(filedAt) - BigInt(lateAfterDays) * nanosecondsPerDay, rows);

/** `lateBefore` is that of the instant at which the row is filed. */
export const laneOf = (occurredAt: Instant, lateBefore: Instant): Lane =>
  occurredAt < lateBefore ? 'late' : 'ontime';

/** No row of lane ontime that occurred at `occurredAt` was filed after this. */
export const lastOntimeFiling = (occurredAt: Instant): Instant => addDays(occurredAt, lateAfterDays);

/** receive takes an event up to 15 minutes ahead of its clock; a day leaves room for clocks that differ. */
const maxAheadDays = 1;

/** No event that occurred at `occurredAt` was filed before this. */
export const earliestFiling = (occurredAt: Instant): Instant => addDays(occurredAt, -maxAheadDays);
