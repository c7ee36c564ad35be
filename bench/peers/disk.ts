/** The blocks that a folder takes on disk. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const bytesPerBlock = 512;

/** Bytes of all files below a folder, in whole blocks as `du` counts them; 0 if there is no such folder. */
export const diskBytes = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(error => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let bytes = 0;
  for (const entry of entries)
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).blocks * bytesPerBlock;
  return bytes;
};
