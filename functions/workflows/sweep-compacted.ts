/**
 * Lists every compacted day of a bucket again, once a week and some of it each time: a day whose objects or
 * segments are not those of its facts is taken back.
 */
import { firstDate } from '#domain/archive/layout.ts';
import type { Compaction } from '#domain/compact/compaction.ts';
import { areFactsOf, type ListedDay, lacksObjects } from '#domain/compact/progress.ts';
import { addDays, dayAfter, dayBefore, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { hasItsSegments } from './compact-day.ts';
import { type HeldRecord, keepWhatIsLost, takeBack } from './compact-record.ts';
import type { CompactWorld } from './compact-world.ts';
import { listDays } from './list-days.ts';

const everyDays = 7;
/** At most so many objects are listed at a time, beyond the day with which the number is reached. */
const sweptObjects = 5000;

export const isSweepDue = ({ sweep, compacted_to }: Compaction, nowMs: number): boolean =>
  compacted_to !== undefined && sweepAt(sweep, compacted_to, instantOfMilliseconds(nowMs)) !== undefined;

export const sweepBucket = async (world: CompactWorld, held: HeldRecord): Promise<void> => {
  const { bucket, compacted_to } = held.record;
  if (compacted_to === undefined) return;
  const now = instantOfMilliseconds(world.nowMs());
  const sweep = sweepAt(held.record.sweep, compacted_to, now);
  if (!sweep) return;
  const facts = await held.factsOf(sweep.next, compacted_to);
  let objects = 0;
  let next = dayAfter(compacted_to);
  for await (const day of listDays(world.ledger, bucket, dayBefore(sweep.next))) {
    if (day.date > compacted_to) break;
    if (objects > sweptObjects) {
      next = day.date;
      break;
    }
    objects += countOf(day);
    const known = facts.get(day.date);
    facts.delete(day.date);
    const isLost = lacksObjects(known, day);
    if (known && (isLost || areFactsOf(known, day)) && (await hasItsSegments(world, bucket, known))) {
      if (isLost) keepWhatIsLost(world, bucket, day.date);
      continue;
    }
    await takeBack(world, held, day.date);
    next = day.date;
    break;
  }
  for (const date of facts.keys())
    if (date < next && date <= (held.record.compacted_to ?? '')) keepWhatIsLost(world, bucket, date);
  await held.change({ sweep: { ...sweep, next } });
};

/** Where to go on; undefined if every day was looked at within the week. */
const sweepAt = (
  sweep: { next: string; began_at: Instant } | undefined,
  compactedTo: string,
  now: Instant,
): { next: string; began_at: Instant } | undefined => {
  if (sweep && sweep.next <= compactedTo) return sweep;
  if (sweep && sweep.began_at <= now && sweep.began_at > addDays(now, -everyDays)) return undefined;
  return { next: firstDate, began_at: now };
};

const countOf = ({ lanes }: ListedDay): number =>
  Object.values(lanes).reduce((sum, objects) => sum + objects.length, 0);
