/** The data directory of an embedded installation, held by one process at a time. */
import { chmod, open, readdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InstallationConflict } from '#aws/state/installation.ts';
import { UnreadableRecord } from '#aws/state/record.ts';
import { deliveryKeyName } from './access/delivery-key.ts';
import { loginLinksName } from './access/login-links.ts';
import { tokenKeyName } from './access/token-key-name.ts';
import { codeOf, isDirectory, makeDirectory } from './files.ts';
import { type FileLock, lockFile } from './lock-file.ts';

export type DataDirectory = {
  root: string;
  /** For unfinished files; emptied at each start. */
  temporary: string;
  buckets: string;
  stream: string;
  checkpoints: string;
  athena: string;
  keys: string;
  /** Signs customers' tokens. */
  tokenKey: string;
  /** Seals the secrets of deliveries. */
  deliveryKey: string;
  server: string;
  /** Releases the directory. */
  release(): void;
};

/** Another process holds the directory, or it cannot be used; the message says what to do. */
export class DataDirectoryError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataDirectoryError';
  }
}

/** Why a start failed; an error that says what to do if the data is the reason. */
export const asDataDirectoryError = (error: unknown): unknown => {
  if (error instanceof UnreadableRecord || error instanceof InstallationConflict)
    return new DataDirectoryError(error.message, { cause: error });
  const { syscall, message } = error as NodeJS.ErrnoException;
  // A failure to listen is another matter.
  if (syscall === undefined || ['listen', 'bind', 'getaddrinfo'].includes(syscall)) return error;
  return new DataDirectoryError(
    `The data directory cannot be used (${message}); free space on its disk, and see that it can be written`,
    { cause: error },
  );
};

/** The operating system's lock belongs to the process; this separates two installations in one process. */
const held = new Set<string>();

/** What the folder of an installation holds; an interrupted start may have made some of it. */
const ownNames = new Set([
  'lock',
  'lock.wal',
  'tmp',
  'buckets',
  'stream',
  'acknowledged',
  'checkpoints',
  'athena',
  'keys.json',
  'deliveries',
  tokenKeyName,
  deliveryKeyName,
  loginLinksName,
  'server.json',
  'moved.json',
]);
/** Marks a data directory whose log is made up: `annals start --sample` writes it before anything else. */
export const sampleMarkName = 'sample';
/** What may be in a new folder: what the system puts there, and the mark of a sample. */
const otherNames = new Set(['lost+found', '.snapshot', '.DS_Store', sampleMarkName]);

export const holdDataDirectory = async (path: string): Promise<DataDirectory> => {
  try {
    return await hold(resolve(path));
  } catch (error) {
    if (error instanceof DataDirectoryError || codeOf(error) === undefined) throw error;
    throw new DataDirectoryError(
      `The data directory ${path} cannot be used (${(error as Error).message}); ` +
        'give it to this user, or choose another with --data or ANNALS_DATA',
    );
  }
};

const hold = async (path: string): Promise<DataDirectory> => {
  await requireOwnOrEmpty(path);
  await makeDirectory(path);
  const root = await realpath(path);
  // DuckDB reads the ledger by a glob pattern, in which these have a meaning of their own.
  if (/[*?[\]{}\\]/.test(root))
    throw new DataDirectoryError(
      `The data directory ${root} has one of * ? [ ] { } \\ in its path; choose another`,
    );
  if (held.has(root)) throw inUse(root);
  await chmod(root, 0o700);
  const lock = await openLock(root);
  held.add(root);
  const release = (): void => {
    lock.release();
    held.delete(root);
  };
  try {
    return { ...(await makeFolders(root)), release };
  } catch (error) {
    release();
    throw error;
  }
};

const makeFolders = async (root: string): Promise<Omit<DataDirectory, 'release'>> => {
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
    deliveryKey: join(root, deliveryKeyName),
    server: join(root, 'server.json'),
  };
};

/** Refuses a folder that somebody else has filled, before anything in it is touched. */
const requireOwnOrEmpty = async (path: string): Promise<void> => {
  let names: string[];
  try {
    names = (await readdir(path)).filter(name => !otherNames.has(name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    if (codeOf(error) === 'ENOTDIR')
      throw new DataDirectoryError(`The data directory ${path} is not a folder; choose another`);
    throw error;
  }
  if (names.length === 0 || (await isDirectory(join(path, 'buckets', 'state')))) return;
  const isBegun = names.every(name => ownNames.has(name)) && names.includes('lock');
  if (isBegun && (await isLock(join(path, 'lock')))) return;
  throw new DataDirectoryError(
    `The folder ${path} is not empty and is not a data directory of Annals; nothing in it was changed. ` +
      'Choose a new or an empty folder with --data or ANNALS_DATA',
  );
};

/** A DuckDB file is marked as such after its checksum. https://duckdb.org/docs/stable/internals/storage */
const isLock = async (path: string): Promise<boolean> => {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 8);
    return bytesRead === 4 && buffer.toString('latin1') === 'DUCK';
  } finally {
    await handle.close();
  }
};

const inUse = (root: string): DataDirectoryError =>
  new DataDirectoryError(
    `Another process uses the data directory ${root}; stop it, or set ANNALS_DATA to another directory`,
  );

const openLock = async (root: string): Promise<FileLock> => {
  const path = join(root, 'lock');
  let lock: FileLock | undefined;
  try {
    lock = await lockFile(path);
  } catch (error) {
    const { message } = error as Error;
    if (/not a valid DuckDB|Could not read/.test(message))
      throw new DataDirectoryError(
        `The file ${path} is damaged. It holds no data and only keeps a second process away: ` +
          'delete it, and start again',
      );
    throw new DataDirectoryError(
      `The lock ${path} cannot be opened (${message}); ` +
        'give the data directory to this user, or choose another with --data or ANNALS_DATA',
    );
  }
  if (!lock) throw inUse(root);
  return lock;
};
