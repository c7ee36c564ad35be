/**
 * A lock on a file, which the operating system releases when the process ends, however it ends; DuckDB's own
 * file lock serves. It does not separate two holders in one process.
 */
import { DuckDBInstance } from '@duckdb/node-api';

export type FileLock = { release(): void };

/** Undefined if another process holds the lock. Throws DuckDB's error if the file cannot be one. */
export const lockFile = async (path: string): Promise<FileLock | undefined> => {
  try {
    const instance = await DuckDBInstance.create(path);
    return { release: () => instance.closeSync() };
  } catch (error) {
    if ((error as Error).message.includes('Could not set lock')) return undefined;
    throw error;
  }
};
