/**
 * On which days what occurred in a window can have been filed: in lane ontime from the day before it to the day
 * after it, in lane late from its first day on. A walk back through a log reads these days from the last to the
 * first, both lanes of each; what has occurred is decided once no earlier day can hold a copy of it.
 */
import { earliestFiling, type Lane, lanes, lastOntimeFiling } from '#domain/archive/lane.ts';
import { addDays, dateOf, type Instant } from '#domain/time.ts';

const midnight = (date: string): Instant => `${date}T00:00:00.000000000Z`;

/** Everything that occurred at this instant or later was filed on this day or later. */
export const decidedFrom = (date: string): Instant => addDays(midnight(date), 1);

/** Whether something that occurred at `from` or later can have been filed on a day before `date`. */
export const isReadBefore = (date: string, from: Instant | undefined): boolean =>
  from === undefined || from < decidedFrom(date);

/** The first day on which what occurred at `from` or later can have been filed in each lane. */
export const firstDayOf = (lane: Lane, from: Instant | undefined): string | undefined =>
  from === undefined ? undefined : dateOf(lane === 'ontime' ? earliestFiling(from) : from);

/** The lanes of a day that can hold what occurred in `[from, to)`. */
export const lanesOf = (date: string, from: Instant | undefined, to: Instant | undefined): Lane[] =>
  lanes.filter(lane => {
    const first = firstDayOf(lane, from);
    if (first !== undefined && date < first) return false;
    return lane === 'late' || to === undefined || date <= dateOf(lastOntimeFiling(to));
  });
