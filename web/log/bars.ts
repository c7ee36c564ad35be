/**
 * The bars of a histogram: the interval that fits a range, and one bar for each, also where nothing happened.
 */
import { type IntervalName, intervalNames, intervalOf, intervals } from '#domain/browse/histogram.ts';
import { type Instant, instantOf, nanosecondsOf } from '#domain/time.ts';

const fewest = 20;
const mostBars = 120;

/** The longest interval that gives the range some bars; a range without an end is taken to be years. */
export const intervalFor = (from: Instant | undefined, to: Instant): IntervalName => {
  if (from === undefined) return '7d';
  const length = nanosecondsOf(to) - nanosecondsOf(from);
  return [...intervalNames].reverse().find(name => length / intervals[name] >= BigInt(fewest)) ?? '1m';
};

export type Bar = { from: Instant; to: Instant; succeeded: number; failed: number };
type Count = { from: Instant; succeeded: number; failed: number };

/** The oldest first. Counts of the same interval on two pages are added. At most the newest 120. */
export const barsOf = (
  counts: readonly Count[],
  interval: IntervalName,
  { from, to }: { from: Instant | undefined; to: Instant },
): Bar[] => {
  const known = new Map<Instant, { succeeded: number; failed: number }>();
  for (const { from: at, succeeded, failed } of counts) {
    const sum = known.get(at) ?? { succeeded: 0, failed: 0 };
    known.set(at, { succeeded: sum.succeeded + succeeded, failed: sum.failed + failed });
  }
  const length = intervals[interval];
  const oldest = [...known.keys()].sort()[0];
  const first = from === undefined ? oldest : intervalOf(from, interval);
  if (first === undefined) return [];
  const bars: Bar[] = [];
  let at = nanosecondsOf(intervalOf(instantOf(nanosecondsOf(to) - 1n), interval));
  for (; at >= nanosecondsOf(first) && bars.length < mostBars; at -= length) {
    const start = instantOf(at);
    bars.push({
      from: start,
      to: instantOf(at + length),
      ...(known.get(start) ?? { succeeded: 0, failed: 0 }),
    });
  }
  return bars.reverse();
};
