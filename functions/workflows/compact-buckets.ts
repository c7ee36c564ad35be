/**
 * One run of compact over all buckets: the one whose last attempt is longest ago goes first, and a bucket that
 * cannot go on stops no other.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { type Compaction, leastOf } from '#domain/compact/compaction.ts';
import { dayAfter } from '#domain/time.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { compactBucket } from './compact-bucket.ts';
import { CompactionOvertaken, type CompactWorld } from './compact-world.ts';

/** Returns how many buckets it could not go on with; `hasTime` is asked before each piece of work. */
export const compactBuckets = async (world: CompactWorld, hasTime: () => boolean): Promise<number> => {
  const { compactions, metrics, log } = world;
  const records = await readRecords(world);
  records.sort((a, b) => compare(a.record?.attempt?.at ?? '', b.record?.attempt?.at ?? ''));
  // Read before anything is listed: what they cover is in the lists.
  const watermarks = await world.watermarks.all();
  let faults = 0;
  for (const { bucket } of records) {
    if (!hasTime()) break;
    try {
      if ((await compactBucket(world, { bucket, watermarks, hasTime })) === 'more') break;
    } catch (error) {
      if (error instanceof CompactionOvertaken) {
        log('info', error.message, { bucket });
        continue;
      }
      faults += 1;
      log('error', 'A bucket could not be compacted', { bucket, ...errorFacts(error) });
    }
  }
  const known = (await readRecords(world)).map(({ record }) => record);
  const whole = known.filter(record => record !== undefined);
  await compactions.putLeast(whole.length === known.length ? leastOf(whole) : null);
  metrics({ CompactionFaults: faults, CompactionLag: lagSeconds(whole, world.nowMs()) });
  return faults;
};

/** The records of all buckets; undefined for one that is damaged. */
const readRecords = ({ compactions, buckets }: CompactWorld) =>
  fewAtOnce(allBuckets(buckets), async bucket => {
    const read = await orUnreadable(compactions.get(bucket));
    return { bucket, record: isUnreadable(read) ? undefined : read.record };
  });

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** How long the oldest closed day that is not compacted has been over. */
const lagSeconds = (records: readonly Compaction[], nowMs: number): number => {
  let seconds = 0;
  for (const { compacted_to, closed_to } of records) {
    if (closed_to === undefined || (compacted_to !== undefined && compacted_to >= closed_to)) continue;
    const open = compacted_to === undefined ? closed_to : dayAfter(compacted_to);
    seconds = Math.max(seconds, Math.floor((nowMs - Date.parse(dayAfter(open))) / 1000));
  }
  return seconds;
};
