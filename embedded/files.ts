/**
 * Files that are there whole or not at all, also after a crash: written under another name, synced, and then
 * given their own.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
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

/** Writes a file under a name of its own in `directory`; gives its path. */
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
  await rename(written, path);
  await syncDirectory(dirname(path));
};

/** Makes a directory and those above it, and makes that survive too. */
export const makeDirectory = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let directory = path; directory.length >= dirname(first).length; directory = dirname(directory)) {
    await syncDirectory(directory);
    if (directory === dirname(directory)) return;
  }
};
