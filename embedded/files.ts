/**
 * Files that are whole or absent, also after a crash: written under another name, synced, and then renamed.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Makes what was done in a directory (a new name, a rename) survive a loss of power. */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Writes a file under a name of its own in `directory`; returns its path. */
export const writeTemporary = async (
  directory: string,
  bytes: Buffer | string,
  mode = 0o600,
): Promise<string> => {
  const path = join(directory, randomUUID());
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    // The rest of a failed write must not fill a full disk further.
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return path;
};

/** Writes or replaces a file. `temporary` is a directory on the same file system. */
export const writeDurably = async (
  temporary: string,
  path: string,
  bytes: Buffer | string,
  mode = 0o600,
): Promise<void> => {
  const written = await writeTemporary(temporary, bytes, mode);
  try {
    await rename(written, path);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
};

/**
 * Creates a directory and its parents, and makes that survive too. One at a time, since Node's `recursive`
 * never ends if an existing directory is reported as missing, as happens below /proc.
 */
export const makeDirectory = async (path: string): Promise<void> => {
  if (await isDirectory(path)) return;
  try {
    await makeOne(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || path === dirname(path)) throw error;
    await makeDirectory(dirname(path));
    await makeOne(path);
  }
  await syncDirectory(dirname(path));
};

const makeOne = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Somebody else has created it meanwhile.
    if (codeOf(error) !== 'EEXIST' || !(await isDirectory(path))) throw error;
  }
};

export const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    // A path that leads through a file is not a folder either.
    if (isAbsent(error) || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
};

/**
 * Whether an error says that a file or folder does not exist. A file where a folder should be (ENOTDIR) is damage:
 * what was in the folder is not absent, it cannot be read.
 */
export const isAbsent = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** For `.catch`: undefined if a file or folder does not exist; every other error is thrown again. */
export const asAbsent = (error: unknown): undefined => {
  if (!isAbsent(error)) throw error;
};

export const codeOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException | undefined)?.code;

/** Whether there was no space left, as Node or DuckDB reports it. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '') ||
  /No space left on device|Disk quota exceeded/.test((error as Error).message);
