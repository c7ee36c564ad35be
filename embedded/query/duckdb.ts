/**
 * DuckDB over the objects of the ledger and over segments. It is locked down before the first statement: no
 * network, no extension, no path but these two and a directory for unfinished files.
 */
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quote, quoteName } from './quote.ts';
import { tableReferences } from './table-references.ts';
import { openView, type Table, type View } from './tables.ts';

export type DatabaseOptions = {
  /** What statements may read. */
  folders: readonly string[];
  temporary: string;
  memoryLimit: string;
  threads: number;
};

export const openDatabase = async (options: DatabaseOptions): Promise<DuckDBInstance> => {
  const { temporary, folders, memoryLimit, threads } = options;
  const database = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: memoryLimit,
    temp_directory: join(temporary, 'duckdb'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'false',
  });
  const connection = await database.connect();
  const allowed = [...folders, temporary].map(path => quote(`${path}/`)).join(', ');
  await connection.run(`SET allowed_directories = [${allowed}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  connection.closeSync();
  return database;
};

/**
 * Writes the rows of a statement to a file, as Athena writes CSV; returns the bytes that it had to read. Each
 * reference to a table becomes a view of its own, over the files of the partitions that its conditions leave.
 */
export const copyToCsv = async (
  connection: DuckDBConnection,
  tables: readonly Table[],
  sql: string,
  path: string,
): Promise<number> => {
  const views: View[] = [];
  let statement = '';
  let copied = 0;
  const references = tableReferences(
    sql,
    tables.map(({ name }) => name),
  );
  try {
    for (const [n, reference] of references.entries()) {
      const table = tables.find(({ name }) => name === reference.table)!;
      const view = await openView(connection, table, reference, n);
      views.push(view);
      statement += `${sql.slice(copied, reference.start)}${quoteName(view.name)}`;
      copied = reference.end;
    }
    statement += sql.slice(copied);
    const format = `FORMAT csv, HEADER true, FORCE_QUOTE *, QUOTE '"', ESCAPE '"', NULLSTR ''`;
    await connection.run(`COPY (${statement}) TO ${quote(path)} (${format})`);
    return views.reduce((sum, { bytes }) => sum + bytes, 0);
  } finally {
    for (const { release } of views) await release();
  }
};
