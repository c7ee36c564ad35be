/**
 * Where the derived forms of the ledger lie, and what is known of them. All of it can be deleted and made again.
 *
 * views   segments/… (closed days as sorted Parquet)
 *         recent/… (what is filed of days that are not compacted yet, for browse alone)
 * state   compact/least.json (how far all are)
 *         compact/bucket=NN/compaction.json (how far) facts/YYYY-MM.json (what the segments hold)
 *         progress.json (the finished runs of a day) recent.json (the runs of days that are not compacted yet)
 *         lease.json (who does it)
 */
import { bucketName } from '#domain/archive/bucket.ts';
import { type Lane, lanes } from '#domain/archive/lane.ts';

export const segmentsPrefix = 'segments/';
export const recentPrefix = 'recent/';
export const segmentSuffix = '.parquet';

/** A day of a bucket's lane; `date` is the UTC day of `filed_at`, as in the ledger. */
export type Partition = { lane: Lane; bucket: number; date: string };

export type SegmentName = Partition & {
  /** From 0, in the order of `filed_at`. */
  n: number;
  /** SHA-256 of the file's bytes, in hex; the key has its first eight digits. */
  sha256: string;
};

/** The prefix of the partitions of a lane and bucket, before their days. */
export const segmentDaysPrefix = (lane: Lane, bucket: number, root = segmentsPrefix): string =>
  `${root}lane=${lane}/bucket=${bucketName(bucket)}/date=`;

/** The prefix of a partition's segments, below `segments/` or `recent/`. */
export const segmentPartition = ({ lane, bucket, date }: Partition, root = segmentsPrefix): string =>
  `${segmentDaysPrefix(lane, bucket, root)}${date}/`;

export const segmentKey = ({ n, sha256, ...partition }: SegmentName, root = segmentsPrefix): string =>
  `${segmentPartition(partition, root)}${n}-${sha256.slice(0, 8)}${segmentSuffix}`;

export type ParsedSegmentKey = Partition & { n: number; digits: string };

const segmentKeyGrammar = new RegExp(
  '^(?:segments|recent)/lane=([a-z]+)/bucket=(\\d{2,4})/date=(\\d{4}-\\d\\d-\\d\\d)/' +
    '(0|[1-9]\\d*)-([0-9a-f]{8})\\.parquet$',
);

/** What a segment's key says; undefined if it is not such a key. */
export const parseSegmentKey = (key: string): ParsedSegmentKey | undefined => {
  const match = segmentKeyGrammar.exec(key);
  if (!match) return undefined;
  const [, lane, bucket, date, n, digits] = match as unknown as string[];
  if (!lanes.some(known => known === lane) || bucketName(Number(bucket)) !== bucket) return undefined;
  return { lane: lane as Lane, bucket: Number(bucket), date: date!, n: Number(n), digits: digits! };
};

export const compactPrefix = 'compact/';
const bucketPrefix = (bucket: number): string => `${compactPrefix}bucket=${bucketName(bucket)}/`;
export const compactionKey = (bucket: number): string => `${bucketPrefix(bucket)}compaction.json`;
/** `month` is `YYYY-MM`. */
export const factsPrefix = (bucket: number): string => `${bucketPrefix(bucket)}facts/`;
export const factsKey = (bucket: number, month: string): string => `${factsPrefix(bucket)}${month}.json`;
/** The month of a key below `factsPrefix`; undefined if it is not one of ours. */
export const monthOfFacts = (key: string): string | undefined =>
  /\/facts\/(\d{4}-\d\d)\.json$/.exec(key)?.[1];
/** The finished runs of the day that is being compacted. */
export const progressKey = (bucket: number): string => `${bucketPrefix(bucket)}progress.json`;
/** The runs of days that are not compacted yet, for browse alone. */
export const recentKey = (bucket: number): string => `${bucketPrefix(bucket)}recent.json`;
/** Who compacts the bucket now. */
export const compactLeaseKey = (bucket: number): string => `${bucketPrefix(bucket)}lease.json`;

/** The least `compacted_to` of all buckets, as the last run of compact left it. */
export const leastCompactedKey = `${compactPrefix}least.json`;

export const monthOf = (date: string): string => date.slice(0, 7);
