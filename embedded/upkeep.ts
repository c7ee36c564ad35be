/** Regular upkeep of the data directory: expired files, and missing entries of indexes. */
import { join } from 'node:path';
import { Expiry } from '#embedded/storage/expiry.ts';
import { headersFolder } from '#embedded/storage/object-headers.ts';
import type { TickWorld } from '#functions/tick.ts';
import type { backgroundWork } from './background.ts';
import { restoreIndexes } from './restore-indexes.ts';

/** `buckets` is the folder of all buckets; files are checked at an interval. Returns how to stop it. */
export const startUpkeep = (
  background: ReturnType<typeof backgroundWork>,
  buckets: string,
  { results, state, schedules: world }: TickWorld,
  everyMs: number,
): (() => void) => {
  void background.run('restoring indexes', () =>
    restoreIndexes({ ...world, directory: join(buckets, state.bucket) }),
  );
  const expiry = new Expiry(results, join(buckets, headersFolder, results.bucket));
  const expire = background.onceAtATime('expiry', () => expiry.run(Date.now()));
  const timer = setInterval(expire, everyMs);
  expire();
  return () => clearInterval(timer);
};
