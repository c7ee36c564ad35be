/**
 * DuckDB over the objects of the ledger. It is locked down before the first statement: no network, no
 * extension, no path but the ledger and a directory for unfinished files.
 */
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { columns, eventsTable, partitionColumns } from '#domain/archive/columns.ts';
import { eventsPrefix, objectSuffix } from '#domain/archive/layout.ts';

export type DatabaseOptions = {
  /** The folder of the ledger's bucket. */
  ledger: string;
  temporary: string;
  memoryLimit: string;
  threads: number;
};

export const openDatabase = async (options: DatabaseOptions): Promise<DuckDBInstance> => {
  const { temporary, ledger, memoryLimit, threads } = options;
  const database = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: memoryLimit,
    temp_directory: join(temporary, 'duckdb'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'false',
  });
  const connection = await database.connect();
  const allowed = [ledger, temporary].map(path => quote(`${path}/`)).join(', ');
  await connection.run(`SET allowed_directories = [${allowed}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  connection.closeSync();
  return database;
};

/** Writes the rows of a statement to a file, as Athena writes CSV; returns the bytes that it had to read. */
export const copyToCsv = async (
  connection: DuckDBConnection,
  ledger: string,
  sql: string,
  path: string,
): Promise<number> => {
  const folders = partitionColumns.map(() => '*/').join('');
  const objects = `${ledger}/${eventsPrefix}${folders}*${objectSuffix}`;
  const [[count]] = (await rows(connection, `SELECT count(*) FROM glob(${quote(objects)})`)) as [[bigint]];
  const isEmpty = Number(count) === 0;
  await connection.run(`CREATE TEMP VIEW "${eventsTable}" AS ${isEmpty ? emptyTable : tableOf(objects)}`);
  const format = `FORMAT csv, HEADER true, FORCE_QUOTE *, QUOTE '"', ESCAPE '"', NULLSTR ''`;
  await connection.run(`COPY (${sql}) TO ${quote(path)} (${format})`);
  return isEmpty ? 0 : await scannedBytes(connection, sql, objects);
};

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const duckdbTypes = { varchar: 'VARCHAR', integer: 'INTEGER', boolean: 'BOOLEAN' } as const;

const columnList = columns.map(({ name, type }) => `${name}: '${duckdbTypes[type]}'`).join(', ');
const partitionList = partitionColumns.map(name => `${name}: VARCHAR`).join(', ');

const tableOf = (objects: string): string =>
  `SELECT * FROM read_json(${quote(objects)}, format = 'newline_delimited', compression = 'gzip', ` +
  `columns = {${columnList}}, hive_partitioning = true, hive_types = {${partitionList}})`;

const emptyTable = `SELECT ${[
  ...columns.map(({ name, type }) => `NULL::${duckdbTypes[type]} AS "${name}"`),
  ...partitionColumns.map(name => `NULL::VARCHAR AS "${name}"`),
].join(', ')} WHERE false`;

type PlanNode = { name: string; children: PlanNode[]; extra_info?: Record<string, string> };

/**
 * The sizes of the objects that each scan of the plan reads, by the partition filters that the plan names.
 */
const scannedBytes = async (connection: DuckDBConnection, sql: string, objects: string): Promise<number> => {
  const [[, plan]] = (await rows(connection, `EXPLAIN (FORMAT json) ${sql}`)) as [[string, string]];
  const partitions = partitionColumns
    .map(name => `regexp_extract(filename, '/${name}=([^/]+)/', 1) AS "${name}"`)
    .join(', ');
  let bytes = 0;
  for (const filter of scanFilters(JSON.parse(plan) as PlanNode[])) {
    const condition = filter === undefined ? 'true' : filter.replaceAll(')(', ') AND (');
    const [[size]] = (await rows(
      connection,
      `SELECT coalesce(sum(size), 0)::BIGINT
       FROM (SELECT size, ${partitions} FROM read_blob(${quote(objects)})) WHERE ${condition}`,
    )) as [[bigint]];
    bytes += Number(size);
  }
  return bytes;
};

const scanFilters = (nodes: readonly PlanNode[]): (string | undefined)[] =>
  nodes.flatMap(({ name, children, extra_info }) => [
    ...(name.trim() === 'READ_JSON' ? [extra_info?.['File Filters']] : []),
    ...scanFilters(children),
  ]);

const rows = async (connection: DuckDBConnection, sql: string) =>
  (await connection.runAndReadAll(sql)).getRows();
