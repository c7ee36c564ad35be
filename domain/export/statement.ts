/**
 * The statements of an export, in the part of SQL that Trino and DuckDB share. Values enter as parameters,
 * except those of a filter, which is in a place where Athena takes none. A statement filters and sorts; it does
 * not deduplicate. In its order, copies of an event are next to each other, the first filed first, so file.ts
 * drops duplicates while it reads the output anyway; see docs/decisions/0003-deduplicate-in-finish.md. Large
 * exports are several statements, each for a slice of `occurred_at`.
 *
 * An event was filed at most a day after it occurred, or it is in lane late; and at most 15 minutes before. So
 * lane ontime is read from the day before a window to the day after it, lane late from the day that it begins.
 */
import { bucketName } from '#domain/archive/bucket.ts';
import { type Column, columns, eventsTable, exportedColumns } from '#domain/archive/columns.ts';
import { earliestFiling, type Lane, lastOntimeFiling } from '#domain/archive/lane.ts';
import { dateOf, type Instant } from '#domain/time.ts';
import { type ExportFilter, filterColumns, filterCondition } from './filter.ts';

/** `[from, to)` in `occurred_at`; undefined means no limit. */
export type Slice = { from: Instant | undefined; to: Instant | undefined };

/** What an export reads: without a scope, everything. */
export type Selection = {
  scope: { id: string; bucket: number } | undefined;
  /** Every row was filed before this. */
  completeTo: Instant;
  /** What need not be read, by when it was filed; undefined for an export of what occurred in a window. */
  floors: Floors | undefined;
  filter?: ExportFilter | undefined;
  /**
   * The first day of each lane on which anything was filed, if that is known. Athena lists every day that a
   * statement names, in every bucket, and a ledger is younger than the first day of the table.
   */
  firstDays?: Readonly<Record<Lane, string>> | undefined;
};

/**
 * Rows of lane ontime filed before `ontime`, and of lane late before `late`, are of no use; `late` undefined:
 * none is.
 */
export type Floors = { ontime: Instant | undefined; late: Instant | undefined; isLateRead: boolean };

export type Statement = { sql: string; parameters: string[] };

/**
 * The columns before the exported ones, in this order: the key of the event, and what decides between copies.
 */
const fixedColumns = ['occurred_at', 'id', 'filed_at', 'content_sha256'] as const;
/** Whether a row matches the filter, as `1` or `0`; the last column of a fixed width. */
const keptAlias = 'copy_kept';
const otherColumns = ['scope_id', 'warnings'] as const;

const copyAlias = (name: string): string => `copy_${name}`;

const headerOf = (others: readonly string[]): readonly string[] => [
  ...fixedColumns.map(copyAlias),
  keptAlias,
  ...others.map(copyAlias),
  ...exportedColumns.map(({ name }) => name),
];

/** The header of the statement's output. */
export const outputHeader = headerOf(otherColumns);
/** The header of outputs of statements that were fixed before rows had warnings. */
export const earlierOutputHeader = headerOf(['scope_id']);

const readColumns: ReadonlySet<string> = new Set([...fixedColumns, ...otherColumns]);
const quoteName = (name: string): string => `"${name}"`;
const read = ({ filter }: Selection): readonly Column[] =>
  columns.filter(
    ({ name, isExported }) =>
      isExported ||
      readColumns.has(name) ||
      (filter !== undefined && (filterColumns as readonly string[]).includes(name)),
  );

/** The days whose partitions a statement reads, for each lane; `first` undefined is the beginning. */
export type Days = { lane: Lane; first: string | undefined; last: string };

/** Of two instants, or of two days. */
const latest = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined ? b : b === undefined || a > b ? a : b;

export const daysRead = ({ completeTo, floors, firstDays }: Selection, { from, to }: Slice): Days[] => {
  const lastFiling = to === undefined ? undefined : lastOntimeFiling(to);
  const lastOntime = lastFiling !== undefined && lastFiling < completeTo ? lastFiling : completeTo;
  const firstOntime = latest(from && earliestFiling(from), floors?.ontime);
  const firstLate = latest(from, floors?.late);
  const days = (lane: Lane, from: Instant | undefined, to: Instant): Days => {
    const first = latest(from && dateOf(from), firstDays?.[lane]);
    const last = dateOf(to);
    return { lane, first: first !== undefined && first > last ? last : first, last };
  };
  return [
    days('ontime', firstOntime, lastOntime),
    ...(floors && !floors.isLateRead ? [] : [days('late', firstLate, completeTo)]),
  ];
};

export const exportStatement = (selection: Selection, slice: Slice): Statement => {
  const parameters: string[] = [];
  const selects = daysRead(selection, slice).map(days => select(days, selection, slice, parameters));
  const copyOf = (name: string): string => `${quoteName(name)} AS ${quoteName(copyAlias(name))}`;
  const list = [
    ...fixedColumns.map(copyOf),
    `CASE WHEN ${filterCondition(selection.filter)} THEN '1' ELSE '0' END AS ${quoteName(keptAlias)}`,
    ...otherColumns.map(copyOf),
    ...exportedColumns.map(({ name }) => quoteName(name)),
  ];
  const order = '"occurred_at", "id", "scope_id", "filed_at", "content_sha256"';
  const sql = `SELECT ${list.join(', ')} FROM (${selects.join(' UNION ALL ')}) ORDER BY ${order}`;
  return { sql, parameters };
};

const select = (
  { lane, first, last }: Days,
  selection: Selection,
  { from, to }: Slice,
  parameters: string[],
): string => {
  const { scope, completeTo } = selection;
  const conditions: string[] = [];
  const where = (condition: string, value: string): void => {
    conditions.push(condition);
    parameters.push(value);
  };
  where('"lane" = ?', lane);
  if (scope) where('"bucket" = ?', bucketName(scope.bucket));
  if (first !== undefined) where('"date" >= ?', first);
  where('"date" <= ?', last);
  if (scope) where('"scope_id" = ?', scope.id);
  if (from !== undefined) where('"occurred_at" >= ?', from);
  if (to !== undefined) where('"occurred_at" < ?', to);
  where('"filed_at" < ?', completeTo);
  return `SELECT ${read(selection)
    .map(({ name }) => quoteName(name))
    .join(', ')} FROM ${quoteName(eventsTable)} WHERE ${conditions.join(' AND ')}`;
};
