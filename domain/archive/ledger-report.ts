/** What `annals check` has found in a ledger: counts, and the first places of each kind of finding. */

import type { Instant } from '#domain/time.ts';
import { objectFaults } from './filed-object.ts';

/** Everything that can be wrong, with its meaning; a closed list. */
export const findingKinds = {
  missing_rows: 'rows that were filed are gone: objects were deleted or damaged',
  uncounted_rows: 'rows that nobody counted: objects were added, or a batch was given up',
  ...objectFaults,
  foreign_object: 'objects below events/ that archive did not name',
  no_watermark: 'shards that have objects and no watermark: it was deleted',
  watermark_behind: 'shards that had filed further: an older copy was restored',
  unreadable_record: 'watermarks, or records of compaction, that cannot be read',
  damaged_segment: 'segments that are missing, damaged or not ours',
  different_rows: 'compacted days whose segments do not hold the rows of the ledger',
} as const;
export type FindingKind = keyof typeof findingKinds;

/** Not faults, but worth knowing. */
export const noteKinds = {
  old_members: 'objects of many gzip members, written before 2026-12',
  unfinished_batch: 'objects of a batch that is under way, or will come again',
  not_counted: 'shards without a count, of which missing rows are not found',
} as const;
export type NoteKind = keyof typeof noteKinds;

/** `bucket` and `rows` are for rows that are missing or were not counted. */
export type Finding = { place: string; detail: string; bucket?: number; rows?: number };
export type Findings = { count: number; first: Finding[] };

export type LedgerReport = {
  buckets: number;
  objects: number;
  bytes: number;
  /** Rows of finished batches, each once, however many objects hold it. */
  rows: number;
  last_filed_at: Instant | null;
  /** Only the kinds that occurred. */
  findings: Partial<Record<FindingKind, Findings>>;
  notes: Partial<Record<NoteKind, Findings>>;
};

/** So many of each kind are listed. All are counted. */
export const maxListedFindings = 1000;

/** Adds a finding to those of its kind. */
export const addFinding = <Kind extends string>(
  to: Partial<Record<Kind, Findings>>,
  kind: Kind,
  finding: Finding,
): void => {
  const found: Findings = to[kind] ?? { count: 0, first: [] };
  to[kind] = found;
  found.count += 1;
  if (found.first.length < maxListedFindings) found.first.push(finding);
};
