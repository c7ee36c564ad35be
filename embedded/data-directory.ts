/**
 * The data directory of an embedded installation, held by one process at a time. The hold is a lock on a file
 * that the operating system lets go of when the process ends, however it ends; DuckDB's own file lock serves.
 */
import { chmod, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeDirectory } from './files.ts';

export const tokenKeyName = 'token-key';

export type DataDirectory = {
  root: string;
  /** For files that are not whole yet; emptied at each start. */
  temporary: string;
  buckets: string;
  stream: string;
  checkpoints: string;
  athena: string;
  keys: string;
  /** What customers' tokens are signed with. */
  tokenKey: string;
  server: string;
  /** Lets go of the directory. */
  release(): void;
};

/** Another process holds the directory, or it cannot be used; the message says what to do. */
export class DataDirectoryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataDirectoryError';
  }
}

/** The operating system's lock is the process's own; two installations in one process are told apart here. */
const held = new Set<string>();

export const holdDataDirectory = async (path: string): Promise<DataDirectory> => {
  await makeDirectory(resolve(path));
  const root = await realpath(path);
  // DuckDB reads the ledger by a glob pattern, in which these have a meaning of their own.
  if (/[*?[\]{}\\]/.test(root))
    throw new DataDirectoryError(
      `The data directory ${root} has one of * ? [ ] { } \\ in its path; choose another`,
    );
  const inUse = new DataDirectoryError(
    `Another process uses the data directory ${root}; stop it, or set ANNALS_DATA to another directory`,
  );
  if (held.has(root)) throw inUse;
  await chmod(root, 0o700);
  let lock: DuckDBInstance;
  try {
    lock = await DuckDBInstance.create(join(root, 'lock'));
  } catch (error) {
    if (/lock/i.test((error as Error).message)) throw inUse;
    throw error;
  }
  held.add(root);
  const temporary = join(root, 'tmp');
  await rm(temporary, { recursive: true, force: true });
  const directory = {
    root,
    temporary,
    buckets: join(root, 'buckets'),
    stream: join(root, 'stream'),
    checkpoints: join(root, 'checkpoints'),
    athena: join(root, 'athena'),
  };
  for (const folder of Object.values(directory)) await makeDirectory(folder);
  return {
    ...directory,
    keys: join(root, 'keys.json'),
    tokenKey: join(root, tokenKeyName),
    server: join(root, 'server.json'),
    release() {
      lock.closeSync();
      held.delete(root);
    },
  };
};
