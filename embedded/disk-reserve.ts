/** The room on the disk that is left to events: refused items are kept only beside it. */
import { statfs } from 'node:fs/promises';

const reserveBytes = 1024 ** 3;

/** Whether a path lies on a disk that has more room than that. */
export const hasReserve = async (path: string): Promise<boolean> => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize > reserveBytes;
};
