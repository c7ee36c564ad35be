/**
 * A gap: something that was handed to the pipeline and could not be filed. It exists as long as what was put
 * aside (a quarantined pack or line, or what the event source gave up on), and is never forgotten: it ends
 * when that is filed after all, or is dismissed. What was put aside is deleted some days after that; the
 * record of the end says what it hid, and stays.
 */

import {
  onFailurePrefix,
  parseQuarantineKey,
  quarantinePrefix,
  quarantineRoot,
} from '#domain/archive/layout.ts';
import { type Instant, instantOfMilliseconds, millisecondsOf } from '#domain/time.ts';
import { parseRecordKey } from './bucket.ts';
import { earliestFiling } from './lane.ts';
import type { RecordPosition } from './watermark.ts';

export type Gap = {
  /** The key of what was put aside. */
  cause: string;
  /** Undefined: any bucket. */
  bucket: number | undefined;
  filedAt: Instant;
  endedAt?: Instant | undefined;
};

/**
 * How a gap ended: what it hid was filed after all, or somebody stated that nothing is missing; who, and why.
 */
export type GapEnd = {
  ended_at: Instant;
  how: 'redriven' | 'dismissed';
  by: string;
  reason: string | null;
};

/**
 * The end as it is stored, and what outlives what was put aside; ends of older installations lack that.
 */
export type GapEndRecord = GapEnd & {
  gaps?: { bucket: number | null; filed_at: Instant }[];
  /** SHA-256 of what was put aside, in hex. */
  sha256?: string;
};

/** What was put back on the stream: the gap ends once the log is filed up to there. */
export type Redrive = {
  at: Instant;
  by: string;
  reason: string | null;
  positions: RecordPosition[];
};

/** The gap that a quarantined object is; undefined if the key is not one of ours. */
export const gapOfQuarantineKey = (key: string): Gap | undefined => {
  const parsed = parseQuarantineKey(key);
  return parsed && { cause: key, ...parsed };
};

/** The prefixes of what was put aside, in the order in which gaps are listed. */
export const causePrefixes: readonly string[] = [quarantineRoot, onFailurePrefix];

/**
 * Whether a text may be the key of something that was put aside; a text from outside must not name another
 * path.
 */
export const isCause = (text: string): boolean =>
  causePrefixes.some(prefix => text.startsWith(prefix)) &&
  text.length <= 1024 &&
  /^[\w@=:.-]+(\/[\w@=:.-]+)+$/.test(text) &&
  !text.split('/').some(part => part === '.' || part === '..');

/** The prefixes of what may be a gap of these buckets. */
export const gapPrefixes = (buckets: readonly number[]): string[] => [
  quarantinePrefix(undefined),
  ...buckets.map(quarantinePrefix),
  onFailurePrefix,
];

/** The gaps of what was put aside under a key, whose bytes are `text`. */
export const gapsOfCause = (cause: string, text: string, writtenAt: Instant, buckets: number): Gap[] => {
  const quarantined = gapOfQuarantineKey(cause);
  if (quarantined) return [quarantined];
  return cause.startsWith(onFailurePrefix) ? gapsOfOnFailure(cause, text, writtenAt, buckets) : [];
};

/** The gaps of something that was put aside and is deleted, according to the record of their end. */
export const gapsOfEnd = (cause: string, { gaps, ended_at }: GapEndRecord): Gap[] => {
  const recorded = gaps?.map(({ bucket, filed_at }) => ({
    cause,
    bucket: bucket ?? undefined,
    filedAt: filed_at,
  }));
  return (recorded ?? gapsOfCause(cause, '', ended_at, 0)).map(gap => ({ ...gap, endedAt: ended_at }));
};

/** The shape of what Lambda writes to an S3 on-failure destination, as far as it is read. */
type OnFailure = { payload?: string; requestContext?: { condition?: string }; description?: string };
type OnFailureRecord = { kinesis?: { partitionKey?: string; approximateArrivalTimestamp?: number } };

/** The condition of a gap of which nothing is left to be put back. */
export const lostCondition = 'RecordsLost';

/** The lost records, if a text describes any. */
export const lostReason = (text: string): string | undefined => {
  try {
    const { requestContext, description } = JSON.parse(text) as OnFailure;
    return requestContext?.condition === lostCondition ? (description ?? 'Records are lost') : undefined;
  } catch {
    // Unreadable: reported by the caller.
    return undefined;
  }
};

/**
 * The gaps of what the event source gave up on, from its bytes: one per record, at the record's arrival.
 * Unreadable bytes count for every bucket, from `writtenAt` on.
 */
export const gapsOfOnFailure = (cause: string, text: string, writtenAt: Instant, buckets: number): Gap[] => {
  const unread: Gap = { cause, bucket: undefined, filedAt: writtenAt };
  try {
    const { payload } = JSON.parse(text) as OnFailure;
    const { Records } = JSON.parse(payload ?? '{}') as { Records?: OnFailureRecord[] };
    if (!Records || Records.length === 0) return [unread];
    return Records.map(({ kinesis }) => {
      const bucket = parseRecordKey(kinesis?.partitionKey ?? '', buckets)?.bucket;
      const arrival = kinesis?.approximateArrivalTimestamp;
      if (bucket === undefined || typeof arrival !== 'number') return unread;
      return { cause, bucket, filedAt: instantOfMilliseconds(millisecondsOf(arrival)) };
    });
  } catch {
    // Unreadable is a verdict here, not a loss: the gap stays, and counts for every bucket.
    return [unread];
  }
};

/**
 * Whether an answer over `buckets` from `from` has to report a gap. What the gap hides may have occurred at
 * any time before it was filed, and up to a quarter of an hour after; and an answer that was frozen before
 * the gap ended lacks what has been filed since.
 */
export const isReported = (
  gap: Gap,
  buckets: readonly number[],
  from: Instant | undefined,
  completeTo: Instant,
): boolean =>
  (gap.bucket === undefined || buckets.includes(gap.bucket)) &&
  (from === undefined || earliestFiling(from) < gap.filedAt) &&
  (gap.endedAt === undefined || completeTo <= gap.endedAt);
