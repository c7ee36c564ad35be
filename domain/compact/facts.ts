/**
 * What the state knows of the segments: enough to plan a read, to skip row groups, and to tell a segment that is
 * missing, damaged or foreign. Records are JSON, their names as they are stored.
 */
import type { Lane } from '#domain/archive/lane.ts';
import type { Instant } from '#domain/time.ts';
import { compareKeys, type RowKey } from './row-order.ts';

/** A row group: rows that are next to each other in the order of the segment. */
export type GroupFacts = {
  rows: number;
  /** Of the stored lines, with their newlines. */
  text_bytes: number;
  /** Of its first and of its last row; null if the row has no scope. */
  first_scope_id: string | null;
  last_scope_id: string | null;
  first_occurred_at: Instant;
  last_occurred_at: Instant;
  /** Over all rows of a group with several scopes; absent from facts that earlier code wrote. */
  least_occurred_at?: Instant;
  greatest_occurred_at?: Instant;
};

export type SegmentFacts = {
  key: string;
  bytes: number;
  etag: string;
  /** Of the file, in hex. */
  sha256: string;
  rows: number;
  text_bytes: number;
  /** Least and greatest over its rows. */
  first_filed_at: Instant;
  last_filed_at: Instant;
  groups: GroupFacts[];
};

/** A day of a lane on which anything was filed. */
export type LaneDayFacts = {
  /** The ledger's objects: how many, and the SHA-256 of their keys, each with a newline, in their order. */
  objects: number;
  keys_sha256: string;
  rows: number;
  text_bytes: number;
  /** The sum of the rows' hashes modulo 2^256, in hex. */
  rows_sum: string;
  segments: SegmentFacts[];
};

export type DayFacts = { date: string; lanes: Partial<Record<Lane, LaneDayFacts>> };

/** The days of a month on which anything was filed, in their order. */
export type MonthFacts = { format: 1; bucket: number; month: string; days: DayFacts[] };

/**
 * How far a bucket is compacted. Days up to `compacted_to` are read from segments, later ones from the ledger;
 * absent means none is. Facts of later days say nothing.
 */
export type CompactedTo = string | undefined;

/** When the least and the greatest of some rows occurred. */
export type TimeSpan = { least: Instant; greatest: Instant };

/** Between which times all rows of a group occurred; undefined if that is not known. */
export const spanOfGroup = (group: GroupFacts): TimeSpan | undefined => {
  const { least_occurred_at: least, greatest_occurred_at: greatest } = group;
  if (least !== undefined && greatest !== undefined) return { least, greatest };
  return group.first_scope_id === group.last_scope_id
    ? { least: group.first_occurred_at, greatest: group.last_occurred_at }
    : undefined;
};

/** Whether a row group may hold rows of a scope that occurred in `[from, to)`; undefined means no limit. */
export const mayHold = (
  group: GroupFacts,
  scopeId: string | undefined,
  { from, to }: { from: Instant | undefined; to: Instant | undefined },
): boolean => {
  const span = spanOfGroup(group);
  if (span && ((from !== undefined && span.greatest < from) || (to !== undefined && span.least >= to)))
    return false;
  if (scopeId === undefined) return true;
  const first: RowKey = [group.first_scope_id ?? undefined, group.first_occurred_at];
  const last: RowKey = [group.last_scope_id ?? undefined, group.last_occurred_at];
  if (from === undefined ? compareScopes(last, scopeId) < 0 : compareKeys(last, [scopeId, from]) < 0)
    return false;
  return to === undefined ? compareScopes(first, scopeId) <= 0 : compareKeys(first, [scopeId, to]) < 0;
};

const compareScopes = ([scope]: RowKey, scopeId: string): number => compareKeys([scope, ''], [scopeId, '']);
