/** The space on the disk that is reserved for events: refused items are kept only beyond it. */
import { statfs } from 'node:fs/promises';

const reserveBytes = 1024 ** 3;

/** Whether the disk of a path has more free space than that. */
export const hasReserve = async (path: string): Promise<boolean> => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize > reserveBytes;
};
