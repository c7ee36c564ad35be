/**
 * A line of the ledger as its cells, and back. A line that its own cells do not encode to the same bytes is
 * not taken: whoever reads the cells could not prove what was stored.
 */
import { isUtf8 } from 'node:buffer';
import { type Column, columns } from '#domain/archive/columns.ts';
import type { FiledRow } from '#domain/archive/filed-object.ts';
import { nestedColumns } from '#domain/archive/row-line.ts';
import { isUuid } from '#domain/event/uuid.ts';
import { isInstant } from '#domain/time.ts';
import type { OrderedRow } from './row-order.ts';

/** Undefined if the row lacks the column. */
export type Cell = string | number | boolean | undefined;
/** The cells of a row, in the order of `columns`. */
export type RowCells = readonly Cell[];

export const columnNames: readonly string[] = columns.map(({ name }) => name);
export const placeOf = (name: string): number => {
  const at = columnNames.indexOf(name);
  if (at < 0) throw new RangeError(`Expected the name of a column, got "${name}"`);
  return at;
};

const places = {
  scope_id: placeOf('scope_id'),
  occurred_at: placeOf('occurred_at'),
  id: placeOf('id'),
  filed_at: placeOf('filed_at'),
  content_sha256: placeOf('content_sha256'),
  version: placeOf('version'),
  target_id: placeOf('target_id'),
};
const nestedPlaces = nestedColumns.map(placeOf);
const labels: readonly string[] = columnNames.map(name => `"${name}":`);
const jsTypes = { varchar: 'string', integer: 'number', boolean: 'boolean' } as const;

const isCellOf = ({ type, isRequired }: Column, cell: unknown): cell is Cell =>
  cell === undefined ? !isRequired : typeof cell === jsTypes[type];

/** The cells of a line without its newline; or what is wrong with it, without its content. */
export const readFiledLine = (line: Buffer): { cells: RowCells } | { fault: string } => {
  if (!isUtf8(line)) return { fault: 'it is not UTF-8' };
  const text = line.toString('utf8');
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { fault: 'it is not JSON' };
  }
  if (typeof row !== 'object' || row === null) return { fault: 'it is not an object' };
  const cells: Cell[] = [];
  const names = Object.keys(row);
  let present = 0;
  for (const column of columns) {
    const cell = row[column.name];
    if (!isCellOf(column, cell))
      return { fault: `its column "${column.name}" is missing or of another type` };
    cells.push(cell);
    if (cell !== undefined && names[present] === column.name) present += 1;
  }
  // The members are the columns in their order and nothing else, so this is what the cells encode: members that
  // are not columns, twice the same, in another order or another spelling end here.
  if (present !== names.length || JSON.stringify(row) !== text)
    return { fault: 'its cells do not encode to the same line' };
  if (!isInstant(cells[places.occurred_at] as string) || !isInstant(cells[places.filed_at] as string))
    return { fault: 'it has a time that is not an instant' };
  return { cells };
};

/** Where the row of these cells belongs; or why it is not a row as receive makes it, without its content. */
export const filedRowOf = (cells: RowCells): FiledRow | { fault: string } => {
  const id = cells[places.id] as string;
  const version = cells[places.version] as number;
  if (!isUuid(id)) return { fault: 'its id is not a UUID' };
  if (!Number.isInteger(version) || version < 1 || version >= 2 ** 31)
    return { fault: 'its version is not a positive integer of 32 bits' };
  for (const place of nestedPlaces) {
    const cell = cells[place] as string | undefined;
    if (cell !== undefined && cell.charCodeAt(0) !== brace)
      return { fault: `its column "${columnNames[place]}" is not an object` };
  }
  for (const cell of cells)
    if (typeof cell === 'string' && !cell.isWellFormed())
      return { fault: 'it holds half of a surrogate pair' };
  return {
    occurredAt: cells[places.occurred_at] as string,
    bucketedBy: (cells[places.scope_id] ?? cells[places.target_id]) as string,
    filedAt: cells[places.filed_at] as string,
  };
};

const brace = 0x7b;

/** The stored line of these cells, without a newline. */
export const encodeFiledLine = (cells: RowCells): string => {
  let line = '';
  for (let at = 0; at < labels.length; at++) {
    const cell = cells[at];
    if (cell === undefined) continue;
    line += (line === '' ? '{' : ',') + labels[at] + (typeof cell === 'string' ? JSON.stringify(cell) : cell);
  }
  return `${line}}`;
};

/** By what a row is sorted. */
export const orderOf = (cells: RowCells): OrderedRow => ({
  scope_id: cells[places.scope_id] as string | undefined,
  occurred_at: cells[places.occurred_at] as string,
  id: cells[places.id] as string,
  filed_at: cells[places.filed_at] as string,
  content_sha256: cells[places.content_sha256] as string,
});
