/** The record of how far a bucket is compacted, and of the run that does it. */
import type { Instant } from '#domain/time.ts';
import type { CompactedTo, MonthFacts } from './facts.ts';

export type Compaction = {
  format: 1;
  bucket: number;
  /** `YYYY-MM-DD`, included; absent if no day is compacted. */
  compacted_to?: CompactedTo;
  /** The last day that is known to be closed. */
  closed_to?: string;
  /** A later day, and when the watermark was first seen past its end. */
  closing?: { date: string; seen_at: Instant };
  /** The last run: recorded before its work, so that a run that crashes is known to have been tried. */
  attempt?: Attempt;
  /** The look at every compacted day, once a week: the day that is next, and when it began. */
  sweep?: { next: string; began_at: Instant };
  /** Days whose segments are made again, although they are what their facts say. */
  rebuild?: string[];
};

/**
 * `run` names it, so that a run knows whether it still has the bucket. `failures` counts the runs of this day
 * that were begun and did not end, this one included until it ends.
 */
export type Attempt = { at: Instant; run: string; date: string; rows: number; failures: number };

export const noCompaction = (bucket: number): Compaction => ({ format: 1, bucket });

const isDate = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);

export const isCompaction = ({ format, bucket, compacted_to }: Partial<Compaction>): boolean =>
  format === 1 && Number.isInteger(bucket) && (compacted_to === undefined || isDate(compacted_to));

export const isMonthFacts = ({ format, bucket, month, days }: Partial<MonthFacts>): boolean =>
  format === 1 && Number.isInteger(bucket) && typeof month === 'string' && Array.isArray(days);

/** How far every bucket is compacted; null while one has no compacted day. */
export type LeastCompacted = { format: 1; compacted_to: string | null };

export const isLeastCompacted = ({ format, compacted_to }: Partial<LeastCompacted>): boolean =>
  format === 1 && (compacted_to === null || isDate(compacted_to));

export const leastOf = (records: readonly Compaction[]): string | null => {
  let least: string | null = null;
  for (const { compacted_to } of records) {
    if (compacted_to === undefined) return null;
    if (least === null || compacted_to < least) least = compacted_to;
  }
  return least;
};
