/**
 * The statements of an export, in the part of SQL that Trino and DuckDB share. Values enter as parameters,
 * except those of a filter, which is in a place where Athena takes none, and lists of days and buckets, which are
 * ours. A statement filters and sorts; it does not deduplicate. In its order, copies of an event are next to each
 * other, the first filed first, so file.ts drops duplicates while it reads the output anyway; see
 * docs/decisions/0003-deduplicate-in-finish.md. Large exports are several statements, each for a slice of
 * `occurred_at`. Segments and the ledger hold the same rows, so it is the same output whichever is read.
 */
import { bucketName } from '#domain/archive/bucket.ts';
import { type Column, columns, exportedColumns } from '#domain/archive/columns.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { filterColumns, filterCondition } from './filter.ts';
import { type Read, readsOf, type Selection, type Slice } from './reads.ts';

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
const columnsRead = ({ filter }: Selection): readonly Column[] => {
  const ofFilter = filterColumns(filter);
  return columns.filter(
    ({ name, isExported }) => isExported || readColumns.has(name) || ofFilter.includes(name),
  );
};

export const exportStatement = (selection: Selection, slice: Slice): Statement => {
  const parameters: string[] = [];
  const selects = readsOf(selection, slice).map(read => select(read, selection, slice, parameters));
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
  { table, lane, buckets, days }: Read,
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
  const isOneOf = (column: string, values: readonly string[]): void =>
    void conditions.push(`"${column}" IN (${values.map(sqlLiteral).join(', ')})`);
  where('"lane" = ?', lane);
  if (buckets?.length === 1) where('"bucket" = ?', bucketName(buckets[0]!));
  else if (buckets) isOneOf('bucket', buckets.map(bucketName));
  if ('dates' in days) isOneOf('date', days.dates);
  else {
    if (days.first !== undefined) where('"date" >= ?', days.first);
    where('"date" <= ?', days.last);
  }
  if (scope) where('"scope_id" = ?', scope.id);
  if (from !== undefined) where('"occurred_at" >= ?', from);
  if (to !== undefined) where('"occurred_at" < ?', to);
  where('"filed_at" < ?', completeTo);
  const list = columnsRead(selection).map(({ name }) => quoteName(name));
  return `SELECT ${list.join(', ')} FROM ${quoteName(table)} WHERE ${conditions.join(' AND ')}`;
};
