/**
 * Makes segments of what is filed of days that are not compacted yet, for browse alone: new objects of a lane become
 * a run, which is proven as those of compacted days are and merged with the runs before it that are not larger.
 * The record names the runs; a file that it does not name was left by a crash, or replaced by an earlier call: it
 * is deleted by the next one, when nobody reads it any more.
 */
import { createHash } from 'node:crypto';
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { filedUntil } from '#domain/archive/watermark.ts';
import { keysSha256, type ListedKey, Run } from '#domain/compact/cut.ts';
import { compactLeaseKey, recentPrefix, segmentDaysPrefix } from '#domain/compact/layout.ts';
import {
  areSegments,
  type FinishedRun,
  type ListedDay,
  type ListedSegment,
} from '#domain/compact/progress.ts';
import {
  coveredBy,
  noRecent,
  type Recent,
  recentDays,
  runsOf,
  runsToMerge,
  segmentsOfRecent,
  withoutDays,
  withRuns,
} from '#domain/compact/recent.ts';
import { dateOf, dayBefore, type Instant } from '#domain/time.ts';
import type { BucketRun } from './compact-bucket.ts';
import { addObject, refuseTooLarge, writeAndProve } from './compact-day.ts';
import { type CompactWorld, overtaken } from './compact-world.ts';
import { listDays } from './list-days.ts';

/** Of a lane's day, at most so many runs are made at a time. */
const runsAtATime = 4;

export const compactRecent = async (world: CompactWorld, run: BucketRun): Promise<void> => {
  const watermark = filedUntil(run.watermarks, run.bucket);
  if (watermark === undefined || !(await isDue(world, run.bucket, watermark))) return;
  const lease = await world.leases.take(compactLeaseKey(run.bucket), world.leaseMs);
  if (!lease) return;
  try {
    await makeRecent(world, run, watermark);
  } finally {
    await world.leases.giveBack(lease);
  }
};

/** What is recorded of a bucket, and what lies there. */
type Looked = { recent: Recent; etag: string | undefined; compactedTo: string; files: ListedSegment[] };

const look = async (world: CompactWorld, bucket: number): Promise<Looked> => {
  const { record, etag } = await world.compactions.recent(bucket);
  const { compacted_to: compactedTo = '' } = (await world.compactions.get(bucket)).record;
  const files: ListedSegment[] = [];
  // Without a record nothing was written, but for what a crash before the first one left.
  if (etag !== undefined)
    for (const lane of lanes)
      for await (const file of world.views.list(segmentDaysPrefix(lane, bucket, recentPrefix)))
        files.push(file);
  return { recent: record ?? noRecent(bucket), etag, compactedTo, files };
};

const foreignOf = ({ recent, files }: Looked): string[] => {
  const named = new Set(segmentsOfRecent(recent).map(({ key }) => key));
  return files.map(({ key }) => key).filter(key => !named.has(key));
};

/** The last days that are not compacted, with the objects that are filed before the watermark or at it. */
async function* openDays(
  world: CompactWorld,
  { bucket, watermark }: { bucket: number; watermark: Instant },
  compactedTo: string,
): AsyncGenerator<ListedDay> {
  let after = dateOf(watermark);
  for (let n = 0; n < recentDays; n++) after = dayBefore(after);
  for await (const { date, lanes: its } of listDays(
    world.ledger,
    bucket,
    after < compactedTo ? compactedTo : after,
  )) {
    if (date > dateOf(watermark)) return;
    const day: ListedDay = { date, lanes: {} };
    for (const lane of lanes)
      day.lanes[lane] = (its[lane] ?? []).filter(({ name }) => name.firstFiledAt <= watermark);
    yield day;
  }
}

/** The runs of a lane's day that are still of its objects, and whose files are those that were written. */
const usableRuns = (
  { recent, files }: Looked,
  { date, lane }: { date: string; lane: Lane },
  listed: readonly ListedKey[],
): FinishedRun[] => {
  const found = new Map(files.map(file => [file.key, file]));
  const covered = coveredBy(runsOf(recent, date, lane), listed).covered.map(({ run }) => run);
  const bad = covered.findIndex(({ segment }) => {
    const file = found.get(segment.key);
    return !areSegments([segment], file ? [file] : []);
  });
  return bad < 0 ? covered : covered.slice(0, bad);
};

const countOf = (runs: readonly FinishedRun[]): number => runs.reduce((sum, { objects }) => sum + objects, 0);

/** Whether there is anything to make, to forget or to delete; it costs a few lists and nothing that is written. */
const isDue = async (world: CompactWorld, bucket: number, watermark: Instant): Promise<boolean> => {
  const looked = await look(world, bucket);
  const { recent, compactedTo } = looked;
  if (recent.days.some(({ date }) => date <= compactedTo) || foreignOf(looked).length > 0) return true;
  for await (const day of openDays(world, { bucket, watermark }, compactedTo))
    for (const lane of lanes) {
      const listed = day.lanes[lane]!;
      const runs = usableRuns(looked, { date: day.date, lane }, listed);
      if (runs.length < runsOf(recent, day.date, lane).length) return true;
      if (listed.length - countOf(runs) >= world.leastRecentObjects) return true;
    }
  return false;
};

/** The record while this call has the lease. */
type Held = { bucket: number; recent: Recent; etag: string | undefined };

const put = async ({ compactions }: CompactWorld, held: Held, recent: Recent): Promise<void> => {
  if (!(await compactions.putRecent(recent, held))) throw overtaken(`bucket ${held.bucket}`);
  const stored = await compactions.recent(held.bucket);
  if (JSON.stringify(stored.record) !== JSON.stringify(recent)) throw overtaken(`bucket ${held.bucket}`);
  held.recent = recent;
  held.etag = stored.etag;
};

const makeRecent = async (
  world: CompactWorld,
  { bucket, hasTime }: BucketRun,
  watermark: Instant,
): Promise<void> => {
  const looked = await look(world, bucket);
  const { compactedTo } = looked;
  for (const key of foreignOf(looked)) await world.views.delete(key);
  const held: Held = { bucket, recent: looked.recent, etag: looked.etag };
  const isCompacted = (date: string): boolean => date <= compactedTo;
  if (held.recent.days.some(({ date }) => isCompacted(date)))
    await put(world, held, withoutDays(held.recent, isCompacted));
  for await (const day of openDays(world, { bucket, watermark }, compactedTo))
    for (const lane of lanes) {
      const place = { date: day.date, lane };
      const listed = day.lanes[lane]!;
      const runs = usableRuns(looked, place, listed);
      if (runs.length < runsOf(held.recent, day.date, lane).length)
        await put(world, held, withRuns(held.recent, place, runs));
      await extend(world, held, { place, listed, hasTime });
    }
};

type LaneTask = { place: { date: string; lane: Lane }; listed: ListedKey[]; hasTime(): boolean };

/** Makes runs of the objects that are in none. */
const extend = async (
  world: CompactWorld,
  held: Held,
  { place, listed, hasTime }: LaneTask,
): Promise<void> => {
  const { maker, limits } = world;
  for (let made = 0; made < runsAtATime && hasTime(); made++) {
    const known = runsOf(held.recent, place.date, place.lane);
    const runs = [...known];
    const start = countOf(runs);
    if (listed.length - start < world.leastRecentObjects) break;
    await maker.clear();
    const run = new Run(limits);
    let end = start;
    for (; end < listed.length; end++) {
      const extent = await addObject(world, listed[end]!.key);
      if (run.endsBefore(extent)) break;
      run.add(extent);
      refuseTooLarge(run, place.date, listed[end]!.key);
    }
    // What was added last is in the next run, so nothing is merged with this one.
    const merged = end < listed.length ? [] : runs.splice(runs.length - runsToMerge(runs, run, limits));
    for (const { segment } of merged)
      if (!(await addSegment(world, segment))) {
        const sound = known.slice(
          0,
          known.findIndex(each => each.segment === segment),
        );
        await put(world, held, withRuns(held.recent, place, sound));
        return;
      }
    const its = listed.slice(start - countOf(merged), end);
    const partition = { ...place, bucket: held.bucket, n: runs.length };
    const { segment, rows_sum } = await writeAndProve(
      world,
      partition,
      run.objects + merged.length,
      recentPrefix,
    );
    const finished = { objects: its.length, keys_sha256: keysSha256(its), rows_sum, segment };
    await put(world, held, withRuns(held.recent, place, [...runs, finished]));
  }
  await maker.clear();
};

/** False if the file is not the one that was written; that is reported. */
const addSegment = async (
  { views, maker, metrics, log }: CompactWorld,
  { key, sha256 }: FinishedRun['segment'],
): Promise<boolean> => {
  const stored = await views.get(key);
  if (stored && createHash('sha256').update(stored.bytes).digest('hex') === sha256) {
    await maker.addSegment(stored.bytes);
    return true;
  }
  metrics({ CompactionFaults: 1 });
  log('error', 'A segment is not the one that was written; it is made again', { segment: key });
  return false;
};
