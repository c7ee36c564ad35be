/** The space on the disk that is reserved for events: refused items are kept only beyond it. */
import { statfs } from 'node:fs/promises';

const reserveBytes = 1024 ** 3;

/** Whether the disk of a path has more free space than that. */
export const hasReserve = async (path: string): Promise<boolean> => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize > reserveBytes;
};

/** Whether little room is left, so that somebody should act; of a small disk, less than a tenth. */
export const isDiskLow = async (path: string): Promise<boolean> => {
  const { bavail, blocks, bsize } = await statfs(path);
  return bavail * bsize < Math.min(reserveBytes, (blocks * bsize) / 10);
};
