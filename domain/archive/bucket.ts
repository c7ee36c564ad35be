/**
 * Which bucket an event lies in: a hash of its scope's id, or of its target's id if it has no scope. The
 * bucket bounds what one customer's export has to read, and it is the unit of order: the events of a bucket
 * pass through one shard. The hash is on disk forever; golden vectors hold it.
 */

export const defaultBuckets = 32;

/** 2^128, the size of the hash range that Kinesis divides among its shards. */
const hashRange = 1n << 128n;

export const isBucketCount = (count: number): boolean =>
  Number.isInteger(count) && count >= 1 && count <= 4096 && (count & (count - 1)) === 0;

/** FNV-1a, 32 bits, over UTF-8, folded by a multiplication so that the low bits depend on all of it. */
export const bucketOf = (id: string, buckets: number): number => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) & (buckets - 1);
};

/** All buckets, in order. */
export const allBuckets = (buckets: number): number[] =>
  Array.from({ length: buckets }, (_, bucket) => bucket);

/** Two digits or more: `07`. */
export const bucketName = (bucket: number): string => String(bucket).padStart(2, '0');

export const partitionKey = (bucket: number): string => `bucket=${bucketName(bucket)}`;

/** The bucket of a record's partition key; undefined if the record is not one of ours. */
export const parsePartitionKey = (key: string, buckets: number): number | undefined => {
  const match = /^bucket=(\d{2,4})$/.exec(key);
  const bucket = match ? Number(match[1]) : Number.NaN;
  return bucket < buckets && partitionKey(bucket) === key ? bucket : undefined;
};

/** The partition key of a refused item that is kept: its pack is told apart by it. */
export const refusedPartitionKey = (bucket: number): string => `refused=${bucketName(bucket)}`;

/** What a record holds, according to its partition key; undefined if it is not one of ours. */
export const parseRecordKey = (
  key: string,
  buckets: number,
): { bucket: number; isRefused: boolean } | undefined => {
  const isRefused = key.startsWith('refused=');
  const bucket = parsePartitionKey(isRefused ? key.replace('refused=', 'bucket=') : key, buckets);
  return bucket === undefined ? undefined : { bucket, isRefused };
};

/** The place of the bucket in the hash range: NN·2^128/N, so that buckets spread evenly over the shards. */
export const explicitHashKey = (bucket: number, buckets: number): string =>
  String((BigInt(bucket) * hashRange) / BigInt(buckets));
