import { createHash } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { columns, eventsTable, partitionColumns, segmentsTable } from '#domain/archive/columns.ts';
import { type SegmentName, segmentKey } from '#domain/compact/layout.ts';
import { openDatabase } from '#embedded/query/duckdb.ts';
import { quote } from '#embedded/query/quote.ts';
import type { Condition } from '#embedded/query/table-references.ts';
import { openView, tablesOf } from '#embedded/query/tables.ts';
import { openBuckets } from '#test/support/world.ts';

const open = async () => {
  const { s3, temporary } = await openBuckets();
  const folders = ['ledger', 'views'].map(name => s3.folderOf(name));
  const database = await openDatabase({ folders, temporary, memoryLimit: '256MiB', threads: 1 });
  const connection = await database.connect();
  onTestFinished(() => {
    connection.closeSync();
    database.closeSync();
  });
  const readerOf = (bucket: string) => ({
    keysBelow: (prefix: string, after: string) => s3.keysBelow(bucket, prefix, after),
    sizeOf: (key: string) => s3.sizeOf(bucket, key),
    pathsOf: (keys: readonly string[]) => s3.pathsOf(bucket, keys),
  });
  const [events, segments] = tablesOf(readerOf('ledger'), readerOf('views'));
  const view = async (table: typeof events, conditions: Condition[], n = 0) => {
    const reference = { table: table!.name, start: 0, end: 0, conditions };
    return openView(connection, table!, reference, n);
  };
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
  /** A segment of these rows, a row group for each scope. */
  const segment = async (name: Partial<SegmentName>, sql: string) => {
    const made = join(temporary, 'made.parquet');
    await connection.run(`COPY (${sql}) TO ${quote(made)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
    const sha256 = createHash('sha256')
      .update(await readFile(made))
      .digest('hex');
    const key = segmentKey({ lane: 'ontime', bucket: 7, date: '2026-11-23', n: 0, sha256, ...name });
    const path = join(s3.folderOf('views'), key);
    await mkdir(dirname(path), { recursive: true });
    await rename(made, path);
  };
  return { events, segments, view, rows, segment };
};

const scopes = (n: number) =>
  `SELECT 's-' || (i // 2048) AS scope_id, 'o-' || i AS occurred_at, md5(i::VARCHAR) AS payload, i::INTEGER AS version
   FROM range(${n * 2048}) t(i)`;
const scope = (id: string): Condition => ({ column: 'scope_id', operator: '=', values: [id] });

it('both tables have the columns and partitions of the contract, also if nothing is there', async () => {
  const { events, segments, view, rows, segment } = await open();
  const names = [...columns.map(({ name }) => name), ...partitionColumns];
  await segment({}, scopes(1));
  for (const [n, table] of [events, segments, segments].entries()) {
    const conditions: Condition[] = n === 2 ? [] : [{ column: 'bucket', operator: '=', values: ['01'] }];
    const { name } = await view(table, conditions, n);
    expect(name).toBe(`${n === 0 ? eventsTable : segmentsTable} ${n}`);
    const described = (await rows(`DESCRIBE "${name}"`)) as string[][];
    expect(described.map(([column]) => column)).toEqual(names);
    expect(await rows(`SELECT count(*)::INTEGER FROM "${name}"`)).toEqual([[n === 2 ? 2048 : 0]]);
  }
});

it('a segment without a column has NULL in it, and its partition is that of its path', async () => {
  const { segments, view, rows, segment } = await open();
  await segment({ lane: 'late', date: '2026-11-21' }, scopes(1));
  const { name } = await view(segments, []);
  expect(await rows(`SELECT DISTINCT "warnings", "lane", "bucket", "date" FROM "${name}"`)).toEqual([
    [null, 'late', '07', '2026-11-21'],
  ]);
});

it('reading segments takes the bytes of the row groups that may hold what is asked for', async () => {
  const { segments, view, segment } = await open();
  await segment({}, scopes(5));
  const bytesOf = async (n: number, ...conditions: Condition[]) =>
    (await view(segments, conditions, n)).bytes;
  const whole = await bytesOf(0);
  const one = await bytesOf(1, scope('s-3'));
  expect(one).toBeGreaterThan(whole / 6);
  expect(one).toBeLessThan(whole / 4);
  expect(await bytesOf(2, scope('s-9'))).toBe(0);
  expect(await bytesOf(3, scope('s-3'), { column: 'occurred_at', operator: '>=', values: ['p'] })).toBe(0);
  expect(await bytesOf(4, scope('s-3'), { column: 'occurred_at', operator: '<', values: ['p'] })).toBe(one);
  expect(await bytesOf(5, scope('s-3'), { column: 'occurred_at', operator: '<', values: ['o'] })).toBe(0);
});

it('many files are read as few are', async () => {
  const { segments, view, rows, segment } = await open();
  await segment({}, scopes(1));
  for (let n = 1; n <= 201; n++) await segment({ n }, 'SELECT 1::INTEGER AS version');
  const { name } = await view(segments, []);
  expect(await rows(`SELECT count(*)::INTEGER FROM "${name}"`)).toEqual([[2048 + 201]]);
});
