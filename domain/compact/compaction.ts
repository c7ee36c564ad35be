/** The record of how far a bucket is compacted, and of the run that does it. */
import type { Instant } from '#domain/time.ts';
import type { CompactedTo, MonthFacts } from './facts.ts';

export type Compaction = {
  format: 1;
  bucket: number;
  /** `YYYY-MM-DD`, included; absent if no day is compacted. */
  compacted_to?: CompactedTo;
  /** When the watermark was first seen past the end of the first day that is not compacted. */
  closed?: { date: string; seen_at: Instant };
  /** The last run: recorded before its work, so that a run that crashes is known to have been tried. */
  attempt?: { at: Instant; date: string; rows: number; failures: number };
};

export const noCompaction = (bucket: number): Compaction => ({ format: 1, bucket });

const isDate = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);

export const isCompaction = ({ format, bucket, compacted_to }: Partial<Compaction>): boolean =>
  format === 1 && Number.isInteger(bucket) && (compacted_to === undefined || isDate(compacted_to));

export const isMonthFacts = ({ format, bucket, month, days }: Partial<MonthFacts>): boolean =>
  format === 1 && Number.isInteger(bucket) && typeof month === 'string' && Array.isArray(days);
