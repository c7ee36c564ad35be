/** How far back an export has to read: how early copies of its events may have been filed. */
import { earliestFiling, lateBefore } from '#domain/archive/lane.ts';
import type { Instant } from '#domain/time.ts';
import type { Floors } from './reads.ts';

/**
 * What a run of a schedule reads to see the copies of its events that were filed before it. A row of lane
 * ontime was filed within a day of its time, and so was every earlier copy. Copies of a late row may have
 * been filed at any time since it occurred. `lookBackTo` is the least `occurred_at` of the run's late rows.
 */
export const floorsOf = (filedFrom: Instant, lookBackTo: Instant | undefined): Floors => {
  const ontime = earliestFiling(lateBefore(filedFrom));
  if (lookBackTo === undefined) return { ontime, late: undefined, isLateRead: false };
  const late = earliestFiling(lookBackTo);
  return { ontime: late < ontime ? late : ontime, late, isLateRead: true };
};
