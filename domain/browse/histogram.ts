/** Counts of events per interval of `occurred_at` and outcome. */
import { type Instant, instantOf, nanosecondsOf } from '#domain/time.ts';

const minute = 60_000_000_000n;

/** The lengths that an interval may have. They begin at midnight UTC, those of a week on Monday. */
export const intervals = {
  '1m': minute,
  '5m': 5n * minute,
  '15m': 15n * minute,
  '1h': 60n * minute,
  '6h': 360n * minute,
  '1d': 1440n * minute,
  '7d': 10_080n * minute,
} as const;

export type IntervalName = keyof typeof intervals;
export const intervalNames = Object.keys(intervals) as [IntervalName, ...IntervalName[]];

/** The Monday from which weeks are counted. */
const monday = nanosecondsOf('2001-01-01T00:00:00.000000000Z');

/** The beginning of the interval in which something occurred. */
export const intervalOf = (occurredAt: Instant, name: IntervalName): Instant => {
  const length = intervals[name];
  const passed = nanosecondsOf(occurredAt) - monday;
  const within = ((passed % length) + length) % length;
  return instantOf(monday + passed - within);
};

export type IntervalCount = { from: Instant; succeeded: number; failed: number };

/** How many intervals an answer may have. */
export const maxIntervals = 2000;

/** Counts events that come the newest first. */
export class Histogram {
  readonly #interval: IntervalName;
  readonly #counts = new Map<Instant, IntervalCount>();
  /** The last minute that was asked for, and its interval: events come in their order. */
  #minute = '';
  #from: Instant = '';

  constructor(interval: IntervalName) {
    this.#interval = interval;
  }

  get isFull(): boolean {
    return this.#counts.size >= maxIntervals;
  }

  /** False if there is no room for another interval. */
  add(occurredAt: Instant, isSuccess: boolean): boolean {
    const minute = occurredAt.slice(0, 16);
    if (minute !== this.#minute) this.#from = intervalOf(occurredAt, this.#interval);
    this.#minute = minute;
    const from = this.#from;
    const known = this.#counts.get(from);
    if (!known && this.isFull) return false;
    const count = known ?? { from, succeeded: 0, failed: 0 };
    this.#counts.set(from, count);
    if (isSuccess) count.succeeded++;
    else count.failed++;
    return true;
  }

  /** The intervals with events, the newest first. */
  counts(): IntervalCount[] {
    return [...this.#counts.values()];
  }
}
