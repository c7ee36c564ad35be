import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { columns } from '#domain/archive/columns.ts';
import { mayHold, spanOfGroup } from '#domain/compact/facts.ts';
import { type Cell, columnNames, encodeFiledLine, type RowCells } from '#domain/compact/filed-line.ts';
import type { SegmentSource } from '#domain/compact/row-group.ts';
import { compareRows } from '#domain/compact/row-order.ts';
import {
  arrange,
  readFooter,
  readGroups,
  rowsOfGroupCells,
  sourceOf,
  writeSegment,
} from '#domain/compact/segment-file.ts';
import { askDuckDb } from '#test/support/duckdb.ts';
import {
  arbitraryCells,
  cellsWith,
  secondsAfter,
  segmentRow,
  segmentRowOf,
} from '#test/support/segment-rows.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const midnight = '2026-11-20T00:00:00.000000000Z';

const allRows = async (bytes: Buffer): Promise<RowCells[]> => {
  const rows: RowCells[] = [];
  for await (const group of readGroups(sourceOf(bytes))) rows.push(...rowsOfGroupCells(group));
  return rows;
};

const linesOf = async (bytes: Buffer): Promise<string[]> => (await allRows(bytes)).map(encodeFiledLine);

/** A source that counts its reads. */
const counting = (bytes: Buffer): SegmentSource & { reads: number } => {
  const source = { ...sourceOf(bytes), reads: 0 };
  const { slice } = source;
  source.slice = (start, end) => {
    source.reads += 1;
    return slice(start, end);
  };
  return source;
};

/** The file with every row group but one overwritten, so that whoever reads another one fails. */
const withOneGroup = async (bytes: Buffer, kept: number): Promise<Buffer> => {
  const damaged = Buffer.from(bytes);
  (await readFooter(sourceOf(bytes))).row_groups.forEach(({ columns: chunks }, group) => {
    for (const { meta_data } of group === kept ? [] : chunks) {
      const start = Number(meta_data!.dictionary_page_offset ?? meta_data!.data_page_offset);
      damaged.fill(0xff, start, start + Number(meta_data!.total_compressed_size));
    }
  });
  return damaged;
};

describe('a segment', () => {
  it('gives back every cell, in its order, with echoes once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryCells, { minLength: 1, maxLength: 12 }),
        fc.nat(3),
        async (cells, n) => {
          const rows = cells.map(segmentRow);
          const echoes = rows.slice(0, n);
          const arranged = arrange([...rows, ...echoes]);
          const { bytes, groups } = writeSegment(arranged, 5);
          const lines = await linesOf(bytes);
          expect([...lines].sort()).toEqual([...new Set(rows.map(({ line }) => line.toString()))].sort());
          arranged.forEach((row, at) => {
            expect(lines[at]).toBe(row.line.toString());
            if (at > 0) expect(compareRows(arranged[at - 1]!, row)).toBeLessThanOrEqual(0);
          });
          expect(groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(lines.length);
          groups.forEach((group, n) => {
            const times = arranged.slice(5 * n, 5 * n + 5).map(({ occurred_at }) => occurred_at);
            expect(spanOfGroup(group)).toEqual({ least: times.sort()[0], greatest: times.at(-1) });
          });
          expect(groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0)).toBe(
            Buffer.byteLength(lines.map(line => `${line}\n`).join('')),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is read by DuckDB with the same cells', async () => {
    const directory = await temporaryDirectory();
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryCells, { minLength: 1, maxLength: 40 }), async cells => {
        const path = join(directory, 'segment.parquet');
        const arranged = arrange(cells.map(segmentRow));
        await writeFile(path, writeSegment(arranged, 16).bytes);
        // In hex, since DuckDB's client drops a byte order mark at the beginning of a text.
        const selected = columns.map(({ name, type }) =>
          type === 'varchar' ? `hex(${name}) as ${name}` : name,
        );
        const read = await askDuckDb(
          `select ${selected} from read_parquet('${path}', file_row_number = true) order by file_row_number`,
        );
        const cellsOf = (row: Record<string, unknown>): RowCells =>
          columns.map(({ name, type }) => {
            const cell = (row[name] ?? undefined) as Cell;
            return type === 'varchar' && cell !== undefined
              ? Buffer.from(cell as string, 'hex').toString()
              : cell;
          });
        expect(read.map(row => encodeFiledLine(cellsOf(row)))).toEqual(
          arranged.map(({ line }) => line.toString()),
        );
      }),
      { numRuns: 10 },
    );
    const types = await askDuckDb(`describe from read_parquet('${join(directory, 'segment.parquet')}')`);
    expect(new Set(types.map(({ column_type }) => column_type))).toEqual(
      new Set(['VARCHAR', 'INTEGER', 'BOOLEAN']),
    );
  });

  it('lets readers skip the rows of 19 scopes whose ids begin with the same 250 wide characters', async () => {
    const scopes = Array.from(
      { length: 20 },
      (_, n) => `${'\u{1f600}'.repeat(250)}${String(n).padStart(2, '0')}`,
    );
    const rows = scopes.flatMap((scope_id, scope) =>
      Array.from({ length: 20 }, (_, n) =>
        segmentRow(
          cellsWith({ scope_id, occurred_at: secondsAfter(midnight, n), request_id: `${scope} ${n}` }),
        ),
      ),
    );
    const { bytes, groups } = writeSegment(arrange(rows), 20);
    const path = join(await temporaryDirectory(), 'segment.parquet');
    for (const wanted of [0, 7, 19]) {
      const scope = scopes[wanted]!;
      const window = { from: secondsAfter(midnight, 5), to: secondsAfter(midnight, 12) };
      expect(groups.flatMap((group, n) => (mayHold(group, scope, window) ? [n] : []))).toEqual([wanted]);
      const ours = await withOneGroup(bytes, wanted);
      const found = await parquetReadObjects({
        file: sourceOf(ours),
        columns: ['request_id'],
        filter: { scope_id: { $eq: scope }, occurred_at: { $gte: window.from, $lt: window.to } },
        compressors: { GZIP: page => gunzipSync(page) },
      });
      const ids = Array.from({ length: 7 }, (_, n) => `${wanted} ${n + 5}`);
      expect(found.map(({ request_id }) => request_id)).toEqual(ids);
      await writeFile(path, ours);
      const asked = await askDuckDb(
        `select request_id from read_parquet('${path}') where scope_id = '${scope}' ` +
          `and occurred_at >= '${window.from}' and occurred_at < '${window.to}' order by occurred_at`,
      );
      expect(asked.map(({ request_id }) => request_id)).toEqual(ids);
      await expect(
        askDuckDb(`select sum(length(request_id)) from read_parquet('${path}')`),
      ).rejects.toThrow();
    }
  });

  it('has statistics of the columns that skip rows, whole, and of no other', async () => {
    const scope_id = '\u{1f600}'.repeat(256);
    const footer = await readFooter(sourceOf(writeSegment([segmentRow(cellsWith({ scope_id }))]).bytes));
    const bounds = footer.row_groups[0]!.columns.flatMap(({ meta_data }) =>
      meta_data!.statistics ? [[meta_data!.path_in_schema[0], meta_data!.statistics.max_value]] : [],
    );
    expect(Object.fromEntries(bounds)).toEqual({
      scope_id,
      occurred_at: '2026-11-20T10:00:00.000000000Z',
      id: '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77',
      filed_at: '2026-11-20T10:00:01.000000000Z',
    });
  });

  it('reads the row groups and columns that are asked for, in few reads', async () => {
    const rows = Array.from({ length: 40 }, (_, n) =>
      segmentRow(
        cellsWith({ occurred_at: secondsAfter(midnight, n), request_id: n % 2 ? undefined : `r-${n}` }),
      ),
    );
    const { bytes } = writeSegment(arrange(rows), 10);
    const footer = await readFooter(sourceOf(bytes));
    const source = counting(bytes);
    const read = [];
    for await (const group of readGroups(source, {
      footer,
      columns: ['request_id', 'version'],
      groups: [3, 1],
    }))
      read.push(group);
    expect(read.map(({ group, rows, cells }) => [group, rows, cells[0]!.slice(0, 3), cells[1]![9]])).toEqual([
      [3, 10, ['r-30', undefined, 'r-32'], 1],
      [1, 10, ['r-10', undefined, 'r-12'], 1],
    ]);
    expect(source.reads).toBe(2);
    await expect(readGroups(source, { footer, groups: [4] }).next()).rejects.toThrow('has no row group 4');
    await expect(readGroups(source, { footer, columns: ['x'] }).next()).resolves.toMatchObject({
      value: { cells: [new Array(10).fill(undefined)] },
    });
  });

  it('is not read if it is cut or damaged', async () => {
    const { bytes } = writeSegment(
      arrange(Array.from({ length: 30 }, (_, n) => segmentRow(cellsWith({ request_id: `r-${n}` })))),
    );
    await expect(allRows(bytes.subarray(0, -1))).rejects.toThrow();
    await expect(allRows(Buffer.alloc(0))).rejects.toThrow();
    const { row_groups } = await readFooter(sourceOf(bytes));
    const { meta_data } = row_groups[0]!.columns[columnNames.indexOf('request_id')]!;
    const damaged = Buffer.from(bytes);
    const middle = Number(meta_data!.data_page_offset) + Number(meta_data!.total_compressed_size) - 12;
    damaged[middle]! ^= 0x10;
    await expect(allRows(damaged)).rejects.toThrow();
  });

  it('is still read as it was written in November 2026', async () => {
    const vector = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../vectors', name));
    const lines = vector('segment.ndjson').toString().trimEnd().split('\n');
    expect(await linesOf(vector('segment.parquet'))).toEqual(lines);
    const { bytes } = writeSegment(arrange(lines.map(line => segmentRowOf(Buffer.from(line)))), 8);
    expect(await linesOf(bytes)).toEqual(lines);
  });
});
