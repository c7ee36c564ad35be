/**
 * The tables of the embedded engine: the objects of the ledger, and the segments of closed days. Both have the
 * columns and the partitions that domain/ declares.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { columns, eventsTable, partitionColumns, segmentsTable } from '#domain/archive/columns.ts';
import { eventsPrefix, objectSuffix } from '#domain/archive/layout.ts';
import { segmentSuffix, segmentsPrefix } from '#domain/compact/layout.ts';
import { type BucketReader, type PartitionedPrefix, partitionFiles } from './partition-files.ts';
import { checkObject, checkSegment, ProvenFiles } from './proven-files.ts';
import { quote, quoteName } from './quote.ts';
import { segmentBytes } from './segment-bytes.ts';
import type { TableReference } from './table-references.ts';

export type Table = PartitionedPrefix & {
  name: string;
  /** Its rows, from a list of paths that is given as SQL. */
  rowsOf: (paths: string) => string;
  /** Throws if one of its files may not be read. */
  prove?: (paths: readonly string[]) => Promise<void>;
  /** Whether parts of a file that cannot hold what is asked for are passed over. */
  isPruned: boolean;
};

export const tablesOf = (
  ledger: BucketReader,
  views: BucketReader,
  objects = new ProvenFiles(checkObject),
  segments = new ProvenFiles(checkSegment),
): readonly Table[] => [
  {
    name: eventsTable,
    reader: ledger,
    prefix: eventsPrefix,
    suffix: objectSuffix,
    prove: paths => objects.prove(paths),
    isPruned: false,
    rowsOf: paths =>
      `SELECT * FROM read_json(${paths}, format = 'newline_delimited', compression = 'gzip', ` +
      `columns = {${columnList}}, ${partitioning})`,
  },
  {
    name: segmentsTable,
    reader: views,
    prefix: segmentsPrefix,
    suffix: segmentSuffix,
    prove: paths => segments.prove(paths),
    isPruned: true,
    // A segment that was written before a column was added lacks it, and then it is NULL, as in Athena.
    rowsOf: paths => `${emptyTable} UNION ALL BY NAME SELECT * FROM read_parquet(${paths}, ${partitioning})`,
  },
];

const duckdbTypes = { varchar: 'VARCHAR', integer: 'INTEGER', boolean: 'BOOLEAN' } as const;

const columnList = columns.map(({ name, type }) => `${name}: '${duckdbTypes[type]}'`).join(', ');
const partitionList = partitionColumns.map(name => `${name}: VARCHAR`).join(', ');
const partitioning = `hive_partitioning = true, hive_types = {${partitionList}}`;

const emptyTable = `SELECT ${[
  ...columns.map(({ name, type }) => `NULL::${duckdbTypes[type]} AS "${name}"`),
  ...partitionColumns.map(name => `NULL::VARCHAR AS "${name}"`),
].join(', ')} WHERE false`;

/** Its files may be read until `release` is called. */
export type View = { name: string; bytes: number; release(): Promise<void> };

/**
 * A view of what one reference to a table reads, and the bytes that this takes. `n` tells the references apart.
 */
export const openView = async (
  connection: DuckDBConnection,
  table: Table,
  { conditions }: TableReference,
  n: number,
): Promise<View> => {
  const name = `${table.name} ${n}`;
  const files = await partitionFiles(table, conditions);
  try {
    await table.prove?.(files.paths);
    const paths = await listOf(connection, name, files.paths);
    await connection.run(
      `CREATE TEMP VIEW ${quoteName(name)} AS ${files.paths.length === 0 ? emptyTable : table.rowsOf(paths)}`,
    );
    const isPruned = table.isPruned && files.paths.length > 0;
    const bytes = isPruned ? await segmentBytes(connection, paths, conditions) : files.bytes;
    return { name, bytes, release: files.release };
  } catch (error) {
    await files.release();
    throw error;
  }
};

const mostLiterals = 200;

/** A list of paths as SQL. Many are in a variable: DuckDB takes seconds to parse 100,000 literals. */
const listOf = async (
  connection: DuckDBConnection,
  name: string,
  paths: readonly string[],
): Promise<string> => {
  if (paths.length <= mostLiterals) return `[${paths.map(quote).join(', ')}]`;
  await connection.run('CREATE TEMP TABLE paths (path VARCHAR)');
  const appender = await connection.createAppender('paths');
  for (const path of paths) {
    appender.appendVarchar(path);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(`SET VARIABLE ${quoteName(name)} = (SELECT list(path) FROM paths)`);
  await connection.run('DROP TABLE paths');
  return `getvariable(${quote(name)})`;
};
