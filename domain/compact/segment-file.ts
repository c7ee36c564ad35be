/**
 * A segment is a Parquet file. It has every column of a row with the types of the table, in row groups of a
 * fixed number of rows; its pages are gzipped by zlib, which every supported Node has. The columns by which
 * rows are skipped have whole statistics: a customer chooses their scope's id, and bounds that are cut would
 * let 250 equal characters hide what a group holds. JSON columns have none.
 */
import { gzipSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { parquetMetadataAsync } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { columns } from '#domain/archive/columns.ts';
import type { GroupFacts } from './facts.ts';
import { type Cell, columnNames, placeOf, type RowCells, readFiledLine } from './filed-line.ts';
import { columnsOf, openGroup, type SegmentFooter, type SegmentSource } from './row-group.ts';
import { compareRows, type OrderedRow } from './row-order.ts';

/** Measured against 10,000 and 20,000: all columns of one group are read in a third of the time of 10,000. */
export const rowsOfGroup = 5_000;
const gzipLevel = 1;
/** A page of a browsed log decodes the pages that hold its events; smaller ones make the file larger. */
const pageBytes = 32 * 1024;
/** The only columns with statistics. */
const skippedBy: readonly string[] = ['scope_id', 'occurred_at', 'id', 'filed_at'];

const parquetTypes = {
  varchar: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  integer: { type: 'INT32' },
  boolean: { type: 'BOOLEAN' },
} as const;

const schema: SchemaElement[] = [
  { name: 'root', num_children: columns.length },
  ...columns.map(({ name, type, isRequired }) => ({
    name,
    repetition_type: isRequired ? ('REQUIRED' as const) : ('OPTIONAL' as const),
    ...parquetTypes[type],
  })),
];

/**
 * A row on its way into a segment: its stored line without the newline, what it is sorted by, and its cells if the
 * line was read already.
 */
export type SegmentRow = OrderedRow & { line: Buffer; cells?: RowCells };

/** Puts rows into the order of a segment and drops echoes: the same stored line is one row. */
export const arrange = (rows: readonly SegmentRow[]): SegmentRow[] =>
  [...rows]
    .sort((a, b) => compareRows(a, b) || Buffer.compare(a.line, b.line))
    .filter(({ line }, at, all) => at === 0 || !all[at - 1]!.line.equals(line));

export type WrittenSegment = { bytes: Buffer; groups: GroupFacts[] };

/** Writes arranged rows, a row group at a time. */
export class SegmentWriter {
  readonly #writer = new ByteWriter();
  readonly #file = new ParquetWriter({
    writer: this.#writer,
    schema,
    codec: 'GZIP',
    compressors: { GZIP: page => gzipSync(page, { level: gzipLevel }) },
    statisticsTruncateLength: Number.POSITIVE_INFINITY,
    createdBy: 'annals',
  });
  readonly #groups: GroupFacts[] = [];
  readonly #groupRows: number;

  /** `groupRows` is for tests and measurements. */
  constructor(groupRows = rowsOfGroup) {
    this.#groupRows = groupRows;
  }

  *groupsOf(rows: readonly SegmentRow[]): Generator<SegmentRow[]> {
    for (let start = 0; start < rows.length; start += this.#groupRows)
      yield rows.slice(start, start + this.#groupRows);
  }

  /** Writes a row group; `onRow` gets the cells of each row. */
  write(rows: readonly SegmentRow[], onRow?: (cells: RowCells) => void): void {
    const data: Cell[][] = columns.map(() => []);
    for (const row of rows) {
      const cells = cellsOf(row);
      for (let at = 0; at < data.length; at++) data[at]!.push(cells[at]);
      onRow?.(cells);
    }
    this.#file.write({
      columnData: columns.map(({ name, type }, at) => ({
        name,
        data: data[at]!,
        statistics: skippedBy.includes(name),
        offsetIndex: false,
        // Run-length encoded booleans are newer than some readers.
        ...(type === 'boolean' ? { encoding: 'PLAIN' as const } : {}),
      })),
      rowGroupSize: rows.length,
      pageSize: pageBytes,
    });
    this.#groups.push(factsOfGroup(rows));
  }

  end(): WrittenSegment {
    this.#file.finish();
    return { bytes: Buffer.from(this.#writer.getBytes()), groups: this.#groups };
  }
}

/** Writes arranged rows, at least one, as a segment. */
export const writeSegment = (rows: readonly SegmentRow[], groupRows?: number): WrittenSegment => {
  const writer = new SegmentWriter(groupRows);
  for (const group of writer.groupsOf(rows)) writer.write(group);
  return writer.end();
};

const cellsOf = ({ cells, line }: SegmentRow): RowCells => {
  if (cells) return cells;
  const read = readFiledLine(line);
  if ('fault' in read) throw new RangeError(`A row of a segment is not a line of the ledger: ${read.fault}`);
  return read.cells;
};

const factsOfGroup = (rows: readonly SegmentRow[]): GroupFacts => {
  const first = rows[0]!;
  const last = rows.at(-1)!;
  return {
    rows: rows.length,
    text_bytes: rows.reduce((sum, { line }) => sum + line.length + 1, 0),
    first_scope_id: first.scope_id ?? null,
    last_scope_id: last.scope_id ?? null,
    first_occurred_at: first.occurred_at,
    last_occurred_at: last.occurred_at,
    ...(first.scope_id === last.scope_id ? {} : timesOf(rows)),
  };
};

/** Times are sorted within one scope alone. */
const timesOf = (rows: readonly SegmentRow[]) => {
  let least = rows[0]!.occurred_at;
  let greatest = least;
  for (const { occurred_at } of rows) {
    if (occurred_at < least) least = occurred_at;
    if (occurred_at > greatest) greatest = occurred_at;
  }
  return { least_occurred_at: least, greatest_occurred_at: greatest };
};

export const sourceOf = (bytes: Buffer): SegmentSource => ({
  byteLength: bytes.length,
  slice: (start, end) => exactly(bytes.subarray(start, end)),
});

const exactly = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

/** Throws if the file is not Parquet, or has a column that is not one of a row. It may lack columns added later. */
export const readFooter = async (source: SegmentSource): Promise<SegmentFooter> => {
  const footer = await parquetMetadataAsync(source);
  for (const name of columnsOf(footer)) placeOf(name);
  return footer;
};

/** Cells of the rows of one row group, column by column, in the order of the names that were asked for. */
export type GroupCells = { group: number; rows: number; cells: Cell[][] };

export type GroupsToRead = {
  /** Read if it is absent. */
  footer?: SegmentFooter;
  /** Names of columns; absent means all, in the order of a row. */
  columns?: readonly string[];
  /** Numbers of row groups; absent means all. */
  groups?: readonly number[];
};

/** Reads row groups one after another, each with few range reads. */
export async function* readGroups(
  source: SegmentSource,
  { footer: known, columns: names = columnNames, groups }: GroupsToRead = {},
): AsyncGenerator<GroupCells> {
  const footer = known ?? (await readFooter(source));
  for (const group of groups ?? footer.row_groups.keys()) {
    const { rows, read } = await openGroup(source, footer, { group, columns: names });
    yield { group, rows, cells: await read(names) };
  }
}

/** The same row by row; of all columns, these are the cells of a row. */
export const rowsOfGroupCells = ({ rows, cells }: GroupCells): RowCells[] =>
  Array.from({ length: rows }, (_, row) => cells.map(column => column[row]));
