/**
 * Compacts one closed day of a bucket: run after run of its objects becomes a segment, which is read back and
 * proven before it counts. Whatever a crash leaves is either recorded progress or a foreign file, which the next
 * attempt deletes. The facts of the day are written only if the ledger still lists the same objects and the
 * partition holds exactly the proven segments.
 */
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { daysPrefix, parseObjectKey } from '#domain/archive/layout.ts';
import { inOrder, keysSha256, type ListedKey, Run, type RunLimits } from '#domain/compact/cut.ts';
import type { DayFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { type Partition, segmentKey, segmentPartition, segmentsPrefix } from '#domain/compact/layout.ts';
import {
  areSegments,
  type DayProgress,
  factsOfDay,
  finishedObjects,
  isProgressOf,
  type ListedDay,
  type ListedSegment,
  noProgress,
  withRun,
} from '#domain/compact/progress.ts';
import { CompactionOvertaken, CompactionStopped, type CompactWorld, overtaken } from './compact-world.ts';

export type DayToCompact = {
  bucket: number;
  day: ListedDay;
  limits: RunLimits;
  /** Whether this run still owns the bucket; asked before anything is deleted. */
  isOwner(): Promise<boolean>;
  /** Whether there is time for one more segment. */
  hasTime(): boolean;
};

/** The facts of the day; undefined if there was no time to finish it. */
export const compactDay = async (world: CompactWorld, task: DayToCompact): Promise<DayFacts | undefined> => {
  const { bucket, day } = task;
  const stored = await world.compactions.progress(bucket);
  const known = stored.record;
  const state = {
    progress: known && isProgressOf(known, day) ? known : noProgress(bucket, day.date),
    etag: stored.etag,
  };
  await deleteForeign(world, task, state.progress);
  for (const lane of lanes) if (!(await compactLane(world, task, { lane, state }))) return undefined;
  await requireSameDay(world, task);
  if (!areSegments(segmentsOf(state.progress), await listSegments(world, bucket, day.date)))
    throw overtaken(`the segments of ${day.date}`);
  return factsOfDay(state.progress, day);
};

/** The progress, and the version of its record. */
type State = { progress: DayProgress; etag: string | undefined };

export const segmentsOf = (progress: DayProgress): SegmentFacts[] =>
  lanes.flatMap(lane => (progress.lanes[lane] ?? []).map(({ segment }) => segment));

export const listSegments = async (
  { views }: Pick<CompactWorld, 'views'>,
  bucket: number,
  date: string,
): Promise<ListedSegment[]> => {
  const listed: ListedSegment[] = [];
  for (const lane of lanes)
    for await (const file of views.list(segmentPartition({ lane, bucket, date }))) listed.push(file);
  return listed;
};

const deleteForeign = async (
  world: CompactWorld,
  { bucket, day, isOwner }: DayToCompact,
  progress: DayProgress,
): Promise<void> => {
  const own = new Map(segmentsOf(progress).map(segment => [segment.key, segment]));
  for (const { key, bytes, etag } of await listSegments(world, bucket, day.date)) {
    const segment = own.get(key);
    if (segment?.bytes === bytes && segment.etag === etag) continue;
    if (await world.isFrozen(bucket, day.date))
      throw new CompactionOvertaken(
        `An open export reads the segments of ${day.date}; they are replaced once it has ended`,
      );
    if (!(await isOwner())) throw overtaken(`bucket ${bucket}`);
    await world.views.delete(key);
  }
};

/** False if there was no time to finish the lane. */
const compactLane = async (
  world: CompactWorld,
  task: DayToCompact,
  { lane, state }: { lane: Lane; state: State },
): Promise<boolean> => {
  const { bucket, day, limits, hasTime } = task;
  const { maker } = world;
  const objects = (day.lanes[lane] ?? []).slice(finishedObjects(state.progress, lane));
  await maker.clear();
  let run = new Run(limits);
  let start = 0;
  const end = async (at: number): Promise<void> => {
    const partition = { lane, bucket, date: day.date, n: (state.progress.lanes[lane] ?? []).length };
    const its = objects.slice(start, at);
    const { segment, rows_sum } = await writeAndProve(world, partition, its.length);
    const finished = { objects: its.length, keys_sha256: keysSha256(its), rows_sum, segment };
    const progress = withRun(state.progress, lane, finished);
    if (!(await world.compactions.putProgress(progress, state))) throw overtaken(`bucket ${bucket}`);
    state.progress = progress;
    state.etag = (await world.compactions.progress(bucket)).etag;
    world.metrics({ CompactedRows: segment.rows });
    start = at;
    run = new Run(limits);
  };
  if (objects.length > 0 && !hasTime()) return false;
  for (const [at, { key }] of objects.entries()) {
    const extent = await addObject(world, key);
    if (run.endsBefore(extent)) {
      await end(at);
      if (!hasTime()) return false;
    }
    run.add(extent);
    refuseTooLarge(run, day.date, key);
  }
  if (run.objects > 0) await end(objects.length);
  return true;
};

/** Adds an object of the ledger to what the next segment is made of. Throws `CompactionStopped` if it is not whole. */
export const addObject = async ({ ledger, maker }: CompactWorld, key: string) => {
  const stored = await ledger.get(key);
  if (!stored) throw new CompactionStopped(`The ledger lists ${key} and does not have it`);
  const extent = await maker.add(key, stored.bytes);
  if ('fault' in extent)
    throw new CompactionStopped(`The object ${stored.place} is not whole: ${extent.fault}`);
  return extent;
};

/** Objects that overlap in time are in one run, which must end somewhere. */
export const refuseTooLarge = (run: Run, date: string, key: string): void => {
  if (run.isTooLarge)
    throw new CompactionStopped(`${run.objects} objects of ${date} overlap each other, up to ${key}`);
};

/** Writes what was added last as the next segment, reads back what is stored, and compares sums and bytes. */
export const writeAndProve = async (
  { maker, views }: CompactWorld,
  partition: Partition & { n: number },
  objects: number,
  root = segmentsPrefix,
): Promise<{ segment: SegmentFacts; rows_sum: string }> => {
  const { bytes, sha256, rows_sum, ...facts } = await maker.make(objects);
  const key = segmentKey({ ...partition, sha256 }, root);
  await views.create(key, bytes);
  const stored = await views.get(key);
  if (!stored) throw overtaken(`the segment ${key}`);
  const sums = await maker.sum(stored.bytes);
  if (sums.sha256 !== sha256 || sums.rows !== facts.rows || sums.rows_sum !== rows_sum)
    throw new CompactionStopped(`The segment ${stored.place} does not hold the rows that were written to it`);
  return { segment: { key, bytes: bytes.length, etag: stored.etag, sha256, ...facts }, rows_sum };
};

/** Lists the day again: an object that came meanwhile would be in no segment. */
const requireSameDay = async (world: CompactWorld, { bucket, day }: DayToCompact): Promise<void> => {
  for (const lane of lanes) {
    const listed: ListedKey[] = [];
    for await (const { key } of world.ledger.list(`${daysPrefix(lane, bucket, day.date)}/`))
      listed.push(namedKey(key));
    if (keysSha256(inOrder(listed)) !== keysSha256(day.lanes[lane] ?? []))
      throw overtaken(`the objects of ${day.date}`);
  }
};

/** A listed key with what it says. */
export const namedKey = (key: string): ListedKey => {
  const name = parseObjectKey(key);
  if (!name) throw new CompactionStopped(`The ledger has ${key}, which is not the name of an object`);
  return { key, name };
};

export const hasItsSegments = async (
  world: Pick<CompactWorld, 'views'>,
  bucket: number,
  { date, lanes: its }: DayFacts,
): Promise<boolean> => {
  const segments = Object.values(its).flatMap(({ segments }) => segments);
  return areSegments(segments, await listSegments(world, bucket, date));
};
