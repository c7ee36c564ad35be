/**
 * A row group of a segment. The bytes of its columns are fetched once; columns and rows are decoded as they are
 * asked for. A page that holds none of the rows stays compressed, so a reader that wants few of them pays for few.
 */
import { gunzipSync } from 'node:zlib';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { parquetRead } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import type { Cell } from './filed-line.ts';

/** The bytes of a segment: whole, or ranges read from where it lies. */
export type SegmentSource = AsyncBuffer;
/** Where everything is in a segment; it can be kept, since segments never change. */
export type SegmentFooter = FileMetaData;

/** Places of rows within their group: `from` is the first, `to` is after the last. */
export type RowSpan = { from: number; to: number };

export type OpenGroup = {
  rows: number;
  /** The cells of each column, of all rows or of a span. Throws if a page that holds any of them is damaged. */
  read(names: readonly string[], span?: RowSpan): Promise<Cell[][]>;
};

export const columnsOf = ({ schema: [, ...elements] }: SegmentFooter): string[] =>
  elements.map(({ name }) => name);

/** Fetches the bytes of these columns; others are read from the source. A column that the segment lacks has no cells. */
export const openGroup = async (
  source: SegmentSource,
  footer: SegmentFooter,
  { group, columns }: { group: number; columns: readonly string[] },
): Promise<OpenGroup> => {
  const opened = footer.row_groups[group];
  if (opened === undefined) throw new RangeError(`The segment has no row group ${group}`);
  const start = footer.row_groups.slice(0, group).reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  const rows = Number(opened.num_rows);
  const file = await fetchColumns(source, opened, columns);
  return {
    rows,
    read: async (names, span = { from: 0, to: rows }) => {
      const present = columnsOf(footer).filter(name => names.includes(name));
      const cells = new Map<string, Cell[]>(present.map(name => [name, []]));
      await checkPages(file, opened, present);
      await parquetRead({
        file,
        metadata: footer,
        columns: present,
        rowStart: start + span.from,
        rowEnd: start + span.to,
        compressors: { GZIP: (page, length) => inflate(page, length) },
        // The reader's own decoder drops a byte order mark at the beginning of a text.
        parsers: { stringFromBytes: bytes => bytes && textOf(bytes) },
        onChunk: ({ columnName, columnData, rowStart }) => {
          const column = cells.get(columnName)!;
          const first = rowStart - start;
          const end = Math.min(span.to - first, columnData.length);
          for (let at = Math.max(span.from - first, 0); at < end; at++)
            column.push((columnData[at] as Cell | null) ?? undefined);
        },
      });
      const expected = span.to - span.from;
      for (const [name, { length }] of cells)
        if (length !== expected)
          throw new RangeError(`Expected ${expected} cells of column "${name}", got ${length}`);
      return names.map(name => cells.get(name) ?? Array.from({ length: expected }, (): Cell => undefined));
    },
  };
};

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** A page says how long it is; one byte more than that is damage. */
const inflate = (page: Uint8Array, length: number): Uint8Array =>
  gunzipSync(page, { maxOutputLength: Math.max(length, 1) });

type Group = FileMetaData['row_groups'][number];
type Chunk = { name: string; start: number; end: number; encodings: readonly string[] };

const chunksOf = ({ columns }: Group, names: readonly string[]): Chunk[] =>
  columns.flatMap(({ meta_data }) => {
    const name = meta_data?.path_in_schema[0];
    if (!meta_data || name === undefined || !names.includes(name)) return [];
    const start = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset);
    const end = start + Number(meta_data.total_compressed_size);
    return [{ name, start, end, encodings: meta_data.encodings }];
  });

/**
 * The CRC of gzip covers the values of a page, and neither its header nor the bits that say which rows have a value.
 * The reader skips pages by the count of rows in their headers, and lines values up by those bits: a wrong one would
 * give the cells of other rows. So all of them must agree with each other, with the rows of the group, and with what the
 * footer says of the column.
 */
const checkPages = async (file: SegmentSource, group: Group, names: readonly string[]): Promise<void> => {
  for (const { name, start, end, encodings } of chunksOf(group, names)) {
    const reader = { view: new DataView(await file.slice(start, end)), offset: 0 };
    let rows = 0;
    while (reader.offset < reader.view.byteLength) {
      const header = parquetHeader(reader);
      if (!(header.compressed_page_size >= 0))
        throw new RangeError(`A page of column "${name}" has no length`);
      const page = header.data_page_header_v2;
      if (page && !isWhole(page, reader, encodings))
        throw new RangeError(`A page of column "${name}" contradicts itself`);
      reader.offset += header.compressed_page_size;
      rows += page?.num_rows ?? 0;
    }
    if (rows !== Number(group.num_rows))
      throw new RangeError(`Expected ${group.num_rows} cells of column "${name}" in its pages, got ${rows}`);
  }
};

type DataPage = NonNullable<ReturnType<typeof parquetHeader>['data_page_header_v2']>;
type Reader = Parameters<typeof parquetHeader>[0];

/** Whether what a page says of itself agrees with the bits before its values, at which the reader is. */
const isWhole = (page: DataPage, { view, offset }: Reader, encodings: readonly string[]): boolean => {
  const { num_rows, num_values, num_nulls, definition_levels_byte_length: bytes } = page;
  if (num_values !== num_rows || page.repetition_levels_byte_length !== 0) return false;
  if (!encodings.includes(page.encoding) || page.is_compressed === false) return false;
  if (bytes === 0) return num_nulls === 0;
  const levels = new Array<number>(num_values);
  // A reader of these bits alone: it throws rather than go on with the values.
  const bits = new DataView(view.buffer, view.byteOffset + offset, bytes);
  readRleBitPackedHybrid({ view: bits, offset: 0 }, 1, levels, bytes);
  return levels.filter(level => level === 0).length === num_nulls;
};

/** Columns with less than this between them are fetched together. */
const gapBytes = 256 * 1024;

/** Fetches the columns of a row group, next to each other in one read. */
const fetchColumns = async (
  source: SegmentSource,
  group: Group,
  names: readonly string[],
): Promise<SegmentSource> => {
  const ranges: { start: number; end: number }[] = [];
  for (const { start, end } of chunksOf(group, names)) {
    const last = ranges.at(-1);
    if (last && start - last.end < gapBytes) last.end = end;
    else ranges.push({ start, end });
  }
  const fetched = await Promise.all(
    ranges.map(async ({ start, end }) => ({ start, end, bytes: await source.slice(start, end) })),
  );
  return {
    byteLength: source.byteLength,
    slice: (start, end = source.byteLength) => {
      const range = fetched.find(each => each.start <= start && end <= each.end);
      return range ? range.bytes.slice(start - range.start, end - range.start) : source.slice(start, end);
    },
  };
};
