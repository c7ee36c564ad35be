/** What a new delivery that begins in the past has to hand over first: it is shown, and has to be confirmed. */
import type { Instant } from '#domain/time.ts';

export type Backlog = {
  /** What was filed from here on. */
  from: Instant;
  /** Everything that was filed before is counted; null if nothing was ever filed. */
  complete_to: Instant | null;
  /** With copies, and with what the filter leaves out. */
  rows: number;
  /** Of the lines as they are stored, before compression. */
  bytes: number;
  /** Not all of it could be counted in the time of a request. */
  at_least: boolean;
};

/** What was filed within a day is delivered without a question. */
const confirmAfterMs = 24 * 3_600_000;

export const needsConfirmation = (from: Instant, nowMs: number): boolean =>
  nowMs - Date.parse(from) > confirmAfterMs;
