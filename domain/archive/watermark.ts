/**
 * How far a shard has been filed: its last sequence number, and the last `filed_at` of each of its buckets.
 * Sequence numbers are compared as integers, and only within one stream.
 */

import { type Instant, instantOf, isInstant, nanosecondsOf, nextInstant } from '#domain/time.ts';
import { bucketName } from './bucket.ts';
import { firstDate } from './layout.ts';

/** Where the stream took a record. */
export type RecordPosition = { bucket: number; stream: string; shard: string; sequence: string };

export type Watermark = {
  sequence: string;
  filed: Readonly<Record<string, Instant>>;
  /** Absent in watermarks of 0.1.0, which also drops it; counting then starts again. */
  counted?: Counted;
  /**
   * How many bytes of refused items it has filed on a day, by sender; changes with the watermark like
   * `counted`.
   */
  refused?: RefusedOfDay | undefined;
};

export type RefusedOfDay = { day: string; senders: Readonly<Record<string, number>> };

/**
 * How many rows a shard has filed into each bucket from the records after a sequence number. It changes only
 * with the watermark, so a retried batch is counted once. By it `annals check` finds that objects are
 * missing.
 */
export type Counted = { after: string; rows: Readonly<Record<string, number>> };

/** The count of a watermark; undefined if it has no readable one. */
export const countedOf = ({ counted }: Watermark): Counted | undefined =>
  counted &&
  /^\d+$/.test(counted.after) &&
  Object.values(counted.rows ?? { none: '' }).every(Number.isInteger)
    ? counted
    : undefined;

export const noWatermark: Watermark = { sequence: '0', filed: {} };

/** Whether a value that was read is a watermark. */
export const isWatermark = ({ sequence, filed }: Partial<Watermark>): boolean =>
  typeof sequence === 'string' &&
  /^\d+$/.test(sequence) &&
  typeof filed === 'object' &&
  filed !== null &&
  Object.values(filed).every(isInstant);

export const hasReached = (watermark: Watermark, sequence: string): boolean =>
  BigInt(watermark.sequence) >= BigInt(sequence);

export const filedUntil = (watermarks: readonly Watermark[], bucket: number): Instant | undefined => {
  let greatest: Instant | undefined;
  for (const { filed } of watermarks) {
    const at = filed[bucketName(bucket)];
    if (at !== undefined && (greatest === undefined || at > greatest)) greatest = at;
  }
  return greatest;
};

/**
 * The instant up to which the log of these buckets is complete: the least of their watermarks. Every row of
 * theirs with an earlier `filed_at` has been filed. Undefined while a bucket has no watermark.
 */
export const completeTo = (
  watermarks: readonly Watermark[],
  buckets: readonly number[],
): Instant | undefined => {
  let least: Instant | undefined;
  for (const bucket of buckets) {
    const at = filedUntil(watermarks, bucket);
    if (at === undefined) return undefined;
    if (least === undefined || at < least) least = at;
  }
  return least;
};

/**
 * The instant before which an answer can be complete: the row at a watermark is filed, and the next one is filed
 * later. Undefined while a bucket has no watermark.
 */
export const answerableTo = (
  watermarks: readonly Watermark[],
  buckets: readonly number[],
): Instant | undefined => {
  const filed = completeTo(watermarks, buckets);
  return filed && nextInstant(filed);
};

/** The latest `filed_at` of any of these buckets. */
export const latestFiled = (
  watermarks: readonly Watermark[],
  buckets: readonly number[],
): Instant | undefined =>
  buckets.reduce<Instant | undefined>((latest, bucket) => {
    const at = filedUntil(watermarks, bucket);
    return at !== undefined && (latest === undefined || at > latest) ? at : latest;
  }, undefined);

/**
 * Assigns `filed_at`: `take(bucket, arrival, n)` returns the nanoseconds of the first row of a record; its n
 * rows get consecutive nanoseconds, and a record without rows takes one. It depends only on the watermarks,
 * and on the instant below which nothing is filed, so that a retry of a batch files the same rows at the same
 * instants.
 */
export const filingClock = (watermarks: readonly Watermark[], filedFrom?: Instant) => {
  const last = new Map<number, bigint>();
  // A clock that has lost its time must not file where nothing is looked for.
  const first = nanosecondsOf(`${firstDate}T00:00:00.000000000Z`);
  const own = filedFrom === undefined ? first : nanosecondsOf(filedFrom);
  const floor = own > first ? own : first;
  const notBelow = (at: bigint): bigint => (at > floor ? at : floor);
  return {
    /** The instant of something that is in no bucket. */
    notBelow,
    take(bucket: number, arrival: bigint, rows: number): bigint {
      let before = last.get(bucket);
      if (before === undefined) {
        const filed = filedUntil(watermarks, bucket);
        before = filed === undefined ? -1n : nanosecondsOf(filed);
      }
      const base = notBelow(arrival > before ? arrival : before + 1n);
      last.set(bucket, base + BigInt(Math.max(rows, 1)) - 1n);
      return base;
    },
    /**
     * The watermark after these records, of which this many rows were filed. `own` is the shard's watermark
     * before.
     */
    watermark(own: Watermark, sequence: string, rows: ReadonlyMap<number, number>): Watermark {
      const filed: Record<string, Instant> = { ...own.filed };
      for (const [bucket, at] of last) filed[bucketName(bucket)] = instantOf(at);
      const { after, rows: before } = countedOf(own) ?? { after: own.sequence, rows: {} };
      const counts: Record<string, number> = { ...before };
      for (const [bucket, count] of rows) {
        const name = bucketName(bucket);
        counts[name] = (counts[name] ?? 0) + count;
      }
      const { refused } = own;
      return { sequence, filed, counted: { after, rows: counts }, ...(refused ? { refused } : {}) };
    },
  };
};
