/**
 * The one statement of an export, in the part of SQL that Trino and DuckDB share; values enter as parameters.
 * It filters and sorts; it does not deduplicate. Copies of an event stand beside each other in its order, the
 * first filed first, so the file is deduplicated where it has to be read anyway (export-file.ts); see
 * docs/decisions/0003-deduplicate-in-finish.md.
 *
 * An event was filed at most a day after it occurred, or it is in lane late; at most 15 minutes before. So lane
 * ontime is read from the day before `from` to the day after `to`, lane late from the day of `from`.
 */
import { bucketName } from './bucket.ts';
import { type Column, columns, eventsTable, exportedColumns } from './columns.ts';
import type { Lane } from './layout.ts';
import { addDays, dateOf, type Instant } from './time.ts';

/** What an export reads: `[from, to)` in `occurred_at`, filed before `completeTo`; without a scope, everything. */
export type Selection = {
  scope: { id: string; bucket: number } | undefined;
  from: Instant | undefined;
  to: Instant | undefined;
  completeTo: Instant;
};

export type Statement = { sql: string; parameters: string[] };

/** What stands before the exported columns, in this order: the key of the event, and what decides between copies. */
export const copyColumns = ['occurred_at', 'id', 'filed_at', 'content_sha256', 'scope_id'] as const;

const copyAlias = (name: string): string => `copy_${name}`;

/** The header of the statement's output. */
export const outputHeader: readonly string[] = [
  ...copyColumns.map(copyAlias),
  ...exportedColumns.map(({ name }) => name),
];

const quoteName = (name: string): string => `"${name}"`;
const read = columns.filter(
  ({ name, isExported }: Column) => isExported || (copyColumns as readonly string[]).includes(name),
);

export const exportStatement = (selection: Selection): Statement => {
  const parameters: string[] = [];
  const selects = [
    lane('ontime', selection, selection.from && addDays(selection.from, -1), parameters),
    lane('late', selection, selection.from, parameters),
  ];
  const list = [
    ...copyColumns.map(name => `${quoteName(name)} AS ${quoteName(copyAlias(name))}`),
    ...exportedColumns.map(({ name }) => quoteName(name)),
  ];
  const sql = `SELECT ${list.join(', ')} FROM (${selects.join(' UNION ALL ')}) ORDER BY "occurred_at", "id", "scope_id", "filed_at"`;
  return { sql, parameters };
};

const lane = (
  name: Lane,
  selection: Selection,
  firstFiled: Instant | undefined,
  parameters: string[],
): string => {
  const { scope, from, to, completeTo } = selection;
  const conditions: string[] = [];
  const where = (condition: string, value: string): void => {
    conditions.push(condition);
    parameters.push(value);
  };
  where('"lane" = ?', name);
  if (scope) where('"bucket" = ?', bucketName(scope.bucket));
  if (firstFiled !== undefined) where('"date" >= ?', dateOf(firstFiled));
  const dayAfter = to === undefined ? undefined : addDays(to, 1);
  const lastFiled =
    name === 'ontime' && dayAfter !== undefined && dayAfter < completeTo ? dayAfter : completeTo;
  where('"date" <= ?', dateOf(lastFiled));
  if (scope) where('"scope_id" = ?', scope.id);
  if (from !== undefined) where('"occurred_at" >= ?', from);
  if (to !== undefined) where('"occurred_at" < ?', to);
  where('"filed_at" < ?', completeTo);
  return `SELECT ${read.map(({ name }) => quoteName(name)).join(', ')} FROM ${quoteName(eventsTable)} WHERE ${conditions.join(' AND ')}`;
};
