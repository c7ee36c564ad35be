/**
 * What the state knows of a refused item: never its bytes, nor anything about a person. It outlives the
 * bytes. `filePart` folds a part that came through the stream into it; for the same part again, it changes
 * nothing.
 */

import type { ItemPlace } from '#domain/archive/plan-batch.ts';
import type { Instant } from '#domain/time.ts';
import type { RefusedHeader } from './item.ts';

/** How an item ended; who ended it, and why. */
export type RefusedEnd = {
  how: 'resent' | 'dismissed' | 'purged' | 'expired';
  at: Instant;
  by: string;
  reason: string | null;
};

export type RefusedRecord = {
  key: string;
  sha256: string;
  bucket: number;
  /** When the first part came. */
  filed_at: Instant;
  parts: number;
  code: string;
  sender: string;
  /** The size of the item; if it was too large, its bytes are not kept. */
  bytes: number;
  /** How often the same item came again. */
  repeats: number;
  scope_sha256?: string | undefined;
  occurred_at?: Instant | undefined;
  /** When each part was filed, which is in the name of its file; null if it has not come. */
  filed: (Instant | null)[];
  /** The last record of the stream that told of it. */
  last: { shard: string; sequence: string };
  end?: RefusedEnd | undefined;
  /** The bytes are deleted. */
  gone?: true | undefined;
};

export const isRefusedRecord = ({ key, filed, last, filed_at }: Partial<RefusedRecord>): boolean =>
  typeof key === 'string' &&
  typeof filed_at === 'string' &&
  Array.isArray(filed) &&
  typeof last === 'object' &&
  last !== null;

/** Whether all of it is kept. */
export const isWhole = ({ filed }: RefusedRecord): boolean => !filed.includes(null);

/** The record after a part came; for the same part again, the unchanged record. */
export const filePart = (
  record: RefusedRecord | undefined,
  header: RefusedHeader,
  { bucket, filedAt, shard, sequence }: ItemPlace,
): RefusedRecord => {
  const at = header.part - 1;
  const last = { shard, sequence };
  if (!record) return firstRecord(header, bucket, filedAt, last);
  if (record.last.shard === shard && BigInt(record.last.sequence) >= BigInt(sequence)) return record;
  // Its bytes are deleted, so they are kept again: the sender was told that they are kept.
  if (record.gone) return { ...firstRecord(header, bucket, filedAt, last), repeats: record.repeats + 1 };
  if (record.filed[at] === null) return { ...record, filed: record.filed.with(at, filedAt), last };
  return { ...record, repeats: record.repeats + (at === 0 ? 1 : 0), last };
};

const firstRecord = (
  header: RefusedHeader,
  bucket: number,
  filedAt: Instant,
  last: RefusedRecord['last'],
): RefusedRecord => ({
  key: header.key,
  sha256: header.sha256,
  bucket,
  filed_at: filedAt,
  parts: header.parts,
  code: header.code,
  sender: header.sender,
  bytes: header.bytes,
  repeats: 0,
  ...(header.scope_sha256 === undefined ? {} : { scope_sha256: header.scope_sha256 }),
  ...(header.occurred_at === undefined ? {} : { occurred_at: header.occurred_at }),
  filed: Array.from({ length: header.parts }, (_, at) => (at === header.part - 1 ? filedAt : null)),
  last,
});

/** The time by which an export looks for it. */
export const timeOf = ({ occurred_at, filed_at }: RefusedRecord): Instant => occurred_at ?? filed_at;
