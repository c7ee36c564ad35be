/**
 * The floor of large-export.ts: DuckDB's own `COPY` of a scope's rows, in a process of its own, so that its
 * memory can be measured.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { bucketName } from '#domain/archive/bucket.ts';
import { columns, exportedColumns, partitionColumns } from '#domain/archive/columns.ts';

const [ledger, temporary, scope, bucket, memory, order] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const types = { varchar: 'VARCHAR', integer: 'INTEGER', boolean: 'BOOLEAN' } as const;
const database = await DuckDBInstance.create(':memory:', {
  threads: '2',
  memory_limit: memory,
  temp_directory: join(temporary, 'duckdb-copy'),
  preserve_insertion_order: 'false',
});
const connection = await database.connect();
const path = join(temporary, 'copy.csv');
const columnList = columns.map(({ name, type }) => `${name}: '${types[type]}'`).join(', ');
const partitions = partitionColumns.map(name => `${name}: VARCHAR`).join(', ');
const table = `read_json('${ledger}/events/*/*/*/*.json.gz', format = 'newline_delimited', compression = 'gzip', columns = {${columnList}}, hive_partitioning = true, hive_types = {${partitions}})`;
const list = exportedColumns.map(({ name }) => `"${name}"`).join(', ');
const startedAt = performance.now();
let failure: string | undefined;
try {
  await connection.run(
    `COPY (SELECT ${list} FROM ${table} WHERE "bucket" = '${bucketName(Number(bucket))}' AND "scope_id" = '${scope}'${order}) TO '${path}' (FORMAT csv, HEADER true, FORCE_QUOTE *, QUOTE '"', ESCAPE '"', NULLSTR '')`,
  );
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
} catch (error) {
  failure = (error as Error).message;
}
process.send!({ seconds: (performance.now() - startedAt) / 1000, failure });
// Its peak memory is read before it ends.
await new Promise(resolve => process.once('message', resolve));
process.disconnect();
