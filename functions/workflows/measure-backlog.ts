/**
 * Counts what was filed of a scope since an instant, from segments and ledger, as far as the budget allows. Rows are
 * counted as they are filed: copies too.
 */
import { bucketOf } from '#domain/archive/bucket.ts';
import { answerableTo } from '#domain/archive/watermark.ts';
import { Budget } from '#domain/browse/budget.ts';
import type { Backlog } from '#domain/deliver/backlog.ts';
import { addDays, dateOf, dayAfter, type Instant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import type { DayQuery } from './pieces.ts';
import { firstDayOf, piecesOf } from './read-day.ts';

export const measureBacklog = async (
  world: BrowseWorld,
  scopeId: string,
  from: Instant,
): Promise<Backlog> => {
  const bucket = bucketOf(scopeId, world.buckets);
  const completeTo = answerableTo(await world.watermarks.all(), [bucket]);
  const nothing = { from, complete_to: completeTo ?? null, rows: 0, bytes: 0, at_least: false };
  if (completeTo === undefined || from >= completeTo) return nothing;
  const compaction = await world.segmentDays.compaction(bucket);
  const query: DayQuery = {
    buckets: [bucket],
    selected: { scopeId },
    completeTo,
    from: undefined,
    // An event may have occurred a little after it was filed, by the clock of its sender.
    to: addDays(completeTo, 1),
    columns: [],
    compactions: new Map([[bucket, compaction]]),
    compactedTo: compaction.compactedTo,
    recent: () => world.segmentDays.recent(bucket),
  };
  const first = await firstDayOf(world, query);
  if (first === undefined) return nothing;
  const budget = new Budget(world.budget, world.nowMs);
  let [rows, bytes] = [0, 0];
  const start = dateOf(from);
  for (let date = start > first ? start : first; date <= dateOf(completeTo); date = dayAfter(date)) {
    const counted = await countDay(world, date, { query, from, budget });
    rows += counted.rows;
    bytes += counted.bytes;
    if (!counted.isWhole) return { ...nothing, rows, bytes: Math.round(bytes), at_least: true };
  }
  return { ...nothing, rows, bytes: Math.round(bytes) };
};

type Counted = { rows: number; bytes: number; isWhole: boolean };

/** If a segment turns out to be bad, the day is counted anew, with the ledger in its place. */
const countDay = async (
  world: BrowseWorld,
  date: string,
  counting: { query: DayQuery; from: Instant; budget: Budget },
): Promise<Counted> => {
  for (;;) {
    try {
      return await countPieces(world, date, counting);
    } catch (error) {
      if (!world.badSegments.took(error)) throw error;
    }
  }
};

const countPieces = async (
  world: BrowseWorld,
  date: string,
  { query, from, budget }: { query: DayQuery; from: Instant; budget: Budget },
): Promise<Counted> => {
  const counted: Counted = { rows: 0, bytes: 0, isWhole: true };
  if (budget.isSpent()) return { ...counted, isWhole: false };
  for (const piece of await piecesOf(world, date, query)) {
    if (budget.isSpent()) return { ...counted, isWhole: false };
    const found = await piece.rows({
      selected: query.selected,
      isWanted: () => true,
      mayHold: () => true,
      onRead: read => budget.spend(read),
    });
    for (const { cells, bytes } of found) {
      const filedAt = String(cells.filed_at);
      if (filedAt < from || filedAt >= query.completeTo) continue;
      counted.rows += 1;
      counted.bytes += bytes;
    }
  }
  return counted;
};
