/**
 * Compacts a bucket as far as its closed days go and time allows. First it lists the last compacted days again:
 * an object that their facts lack came after them (from a run that was believed dead, a restored state, another
 * stream), and the days from there on are taken back.
 */

import { bucketName } from '#domain/archive/bucket.ts';
import { firstDate } from '#domain/archive/layout.ts';
import { filedUntil, type Watermark } from '#domain/archive/watermark.ts';
import { closingAt } from '#domain/compact/closed-day.ts';
import { limitsAfter } from '#domain/compact/cut.ts';
import type { DayFacts } from '#domain/compact/facts.ts';
import { compactLeaseKey } from '#domain/compact/layout.ts';
import { areFactsOf, type ListedDay, lacksObjects } from '#domain/compact/progress.ts';
import { addDays, dayAfter, dayBefore, instantOfMilliseconds } from '#domain/time.ts';
import { compactDay, hasItsSegments } from './compact-day.ts';
import { HeldRecord, keepWhatIsLost, takeBack } from './compact-record.ts';
import { CompactionStopped, type CompactWorld, MakerCrashed } from './compact-world.ts';
import { listDays } from './list-days.ts';
import { isSweepDue, sweepBucket } from './sweep-compacted.ts';

/** How many compacted days are listed again each time. */
const lookBackDays = 2;

export type BucketRun = {
  bucket: number;
  /** Read before anything is listed. */
  watermarks: readonly Watermark[];
  hasTime(): boolean;
};

/** `held`: another run has the bucket. `more`: there was no time for every closed day. */
export type BucketOutcome = 'held' | 'more' | 'done';

export const compactBucket = async (world: CompactWorld, run: BucketRun): Promise<BucketOutcome> => {
  if (await isIdle(world, run)) return 'done';
  const lease = await world.leases.take(compactLeaseKey(run.bucket), world.leaseMs);
  if (!lease) return 'held';
  try {
    const held = new HeldRecord(world.compactions, await world.compactions.get(run.bucket));
    const closing = closingOf(world, run, held);
    if (closing !== held.record)
      await held.change({ closed_to: closing.closed_to, closing: closing.closing });
    const outcome = await compactDays(world, { run, held, name: lease.holder });
    if (run.hasTime()) await sweepBucket(world, held);
    return outcome;
  } finally {
    await world.leases.giveBack(lease);
  }
};

/** Whether there is nothing to do, which costs two lists and nothing that is written. */
const isIdle = async (world: CompactWorld, run: BucketRun): Promise<boolean> => {
  const held = new HeldRecord(world.compactions, await world.compactions.get(run.bucket));
  const { compacted_to, closed_to } = held.record;
  if (closingOf(world, run, held) !== held.record || compacted_to !== closed_to) return false;
  if (compacted_to === undefined) return true;
  if (isSweepDue(held.record, world.nowMs())) return false;
  const after = backFrom(compacted_to);
  const facts = await held.factsOf(dayAfter(after), compacted_to);
  for await (const day of listDays(world.ledger, run.bucket, after)) {
    if (day.date > compacted_to) break;
    if (!areFactsOf(facts.get(day.date), day)) return false;
    facts.delete(day.date);
  }
  return facts.size === 0;
};

/** What is known of closed days now; the record itself if that is not news. */
const closingOf = (world: CompactWorld, { bucket, watermarks }: BucketRun, { record }: HeldRecord) => {
  const now = instantOfMilliseconds(world.nowMs());
  const watermark = filedUntil(watermarks, bucket);
  if (watermark !== undefined && watermark > addDays(now, 1))
    throw new CompactionStopped(
      `Rows of bucket ${bucket} were filed at ${watermark}, more than a day ahead of the clock (${now}); ` +
        'set the clock right, or wait until it has passed',
    );
  return closingAt(record, watermark, now);
};

type Owned = { run: BucketRun; held: HeldRecord; name: string };

const compactDays = async (world: CompactWorld, owned: Owned): Promise<BucketOutcome> => {
  const { run, held } = owned;
  const { closed_to, compacted_to } = held.record;
  if (closed_to === undefined) return 'done';
  const after = compacted_to === undefined ? undefined : backFrom(compacted_to);
  // Days that were taken back have facts too.
  const facts = await held.factsOf(after === undefined ? firstDate : dayAfter(after), closed_to);
  for await (const day of withLostDays(listDays(world.ledger, run.bucket, after), facts)) {
    if (day.date > closed_to) break;
    const known = facts.get(day.date);
    if (isCompacted(held, day.date)) {
      if (areFactsOf(known, day)) continue;
      if (lacksObjects(known, day)) {
        keepWhatIsLost(world, run.bucket, day.date);
        continue;
      }
      await takeBack(world, held, day.date);
    }
    if (!run.hasTime()) return 'more';
    if (!(await compactOne(world, owned, day))) return 'more';
  }
  if (!isCompacted(held, closed_to)) await held.moveTo(closed_to, undefined);
  return 'done';
};

/** The days that are listed, and those with facts that are not: what was in them is gone from the ledger. */
async function* withLostDays(
  listed: AsyncIterable<ListedDay>,
  facts: ReadonlyMap<string, DayFacts>,
): AsyncGenerator<ListedDay> {
  const known = [...facts.keys()].sort();
  for await (const day of listed) {
    for (; known.length > 0 && known[0]! < day.date; known.shift()) yield { date: known[0]!, lanes: {} };
    if (known[0] === day.date) known.shift();
    yield day;
  }
  for (const date of known) yield { date, lanes: {} };
}

const backFrom = (date: string): string => {
  let day = date;
  for (let n = 0; n < lookBackDays; n++) day = dayBefore(day);
  return day;
};

const isCompacted = ({ record: { compacted_to } }: HeldRecord, date: string): boolean =>
  compacted_to !== undefined && compacted_to >= date;

/** False if there was no time to finish the day. */
const compactOne = async (
  world: CompactWorld,
  { run, held, name }: Owned,
  day: ListedDay,
): Promise<boolean> => {
  const { bucket } = run;
  const known = (await held.factsOf(day.date, day.date)).get(day.date);
  // Facts that were proven once, of the same objects and with the same files, hold again.
  const isMarked = held.record.rebuild?.includes(day.date) ?? false;
  const isLost = lacksObjects(known, day);
  const isProven = areFactsOf(known, day) || isLost;
  // Of a day that is not listed nothing can be made: its facts stay even if it lacks segments, for readers to see.
  const isAllLost = Object.keys(day.lanes).length === 0;
  if (!isMarked && known && isProven && (isAllLost || (await hasItsSegments(world, bucket, known)))) {
    if (isLost) keepWhatIsLost(world, bucket, day.date);
    await held.moveTo(day.date, known);
    return true;
  }
  // Made from what is left, its segments would replace those that hold the last copy of the lost rows.
  if (isLost && !isMarked && !isAllLost)
    throw new CompactionStopped(
      `The ledger lacks objects of ${day.date}, and the day does not have exactly the segments that its facts ` +
        'name; restore the objects or the segments from a copy, or make segments of what is left with ' +
        `"annals rebuild --bucket ${bucketName(bucket)} --date ${day.date}"`,
    );
  const before = held.record.attempt;
  const failures = before?.date === day.date ? before.failures : 0;
  const limits = limitsAfter(failures, world.limits);
  const attempt = {
    at: instantOfMilliseconds(world.nowMs()),
    run: name,
    date: day.date,
    rows: limits.rows,
  };
  await held.change({ attempt: { ...attempt, failures: failures + 1 } });
  let facts: DayFacts | undefined;
  try {
    facts = await compactDay(world, {
      bucket,
      day,
      limits,
      isOwner: () => held.isOwn(),
      hasTime: run.hasTime,
    });
  } catch (error) {
    if (!(error instanceof MakerCrashed)) await held.change({ attempt: { ...attempt, failures } });
    throw error;
  }
  if (facts) await held.moveTo(day.date, isAllLost ? undefined : facts);
  await held.change({ attempt: { ...attempt, failures: facts ? 0 : failures } });
  return facts !== undefined;
};
