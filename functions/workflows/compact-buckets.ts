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
import { compactRecent } from './compact-recent.ts';
import { CompactionOvertaken, type CompactWorld } from './compact-world.ts';

const quarterMs = 15 * 60_000;

/**
 * Returns how many buckets it could not go on with; `hasTime` is asked before each piece of work. What is not closed
 * comes after all that is, and has a time of its own, so that a backlog of closed days does not keep it waiting.
 */
export const compactBuckets = async (
  world: CompactWorld,
  hasTime: () => boolean,
  hasTimeForRecent: () => boolean = hasTime,
): Promise<number> => {
  const { compactions, metrics } = world;
  const records = await readRecords(world);
  records.sort((a, b) => compare(a.record?.attempt?.at ?? '', b.record?.attempt?.at ?? ''));
  // Read before anything is listed: what they cover is in the lists.
  const watermarks = await world.watermarks.all();
  let faults = 0;
  for (const { bucket } of records) {
    if (!hasTime()) break;
    const outcome = await inBucket(world, bucket, () =>
      compactBucket(world, { bucket, watermarks, hasTime }),
    );
    if (outcome === 'fault') faults += 1;
    if (outcome === 'more') break;
  }
  for (const bucket of inTurn(world)) {
    if (!hasTimeForRecent()) break;
    const run = { bucket, watermarks, hasTime: hasTimeForRecent };
    if ((await inBucket(world, bucket, () => compactRecent(world, run))) === 'fault') faults += 1;
  }
  const known = (await readRecords(world)).map(({ record }) => record);
  const whole = known.filter(record => record !== undefined);
  await compactions.putLeast(whole.length === known.length ? leastOf(whole) : null);
  metrics({ CompactionFaults: faults, CompactionLag: lagSeconds(whole, world.nowMs()) });
  return faults;
};

/** What was done with a bucket; whatever is wrong with it stops no other. */
const inBucket = async <Outcome>(
  { log }: CompactWorld,
  bucket: number,
  work: () => Promise<Outcome>,
): Promise<Outcome | 'overtaken' | 'fault'> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CompactionOvertaken) {
      log('info', error.message, { bucket });
      return 'overtaken';
    }
    log('error', 'A bucket could not be compacted', { bucket, ...errorFacts(error) });
    return 'fault';
  }
};

/** All buckets, each quarter of an hour from another one on: a bucket at which the process dies keeps out no other. */
const inTurn = ({ buckets, nowMs }: CompactWorld): number[] => {
  const first = Math.floor(nowMs() / quarterMs) % buckets;
  return allBuckets(buckets).map(bucket => (bucket + first) % buckets);
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
