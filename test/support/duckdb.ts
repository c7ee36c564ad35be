/** DuckDB over files of a test, as a reader that is not ours. */
import { DuckDBInstance } from '@duckdb/node-api';

/** Runs one statement in a new database; returns its rows by column. */
export const askDuckDb = async (sql: string): Promise<Record<string, unknown>[]> => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};
