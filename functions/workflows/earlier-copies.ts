/**
 * Finds the copies of late rows that were filed before: such a copy may be as old as the event itself. All of a
 * run's late rows are looked for in one pass over what may hold them, in segments and ledger.
 */
import { earliestFiling } from '#domain/archive/lane.ts';
import { keyText } from '#domain/browse/event-key.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { dateOf, dayAfter, type Instant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import type { DayQuery, Piece } from './pieces.ts';
import { firstDayOf, piecesOf } from './read-day.ts';

export type LateRows = {
  bucket: number;
  scopeId: string;
  rows: readonly Cells[];
  /** Everything that was filed before is in the log. */
  completeTo: Instant;
};

const keyOf = ({ occurred_at, id }: Cells): string =>
  keyText({ occurredAt: String(occurred_at), id: String(id), scopeId: undefined });

/** Tells of each of these rows whether a copy of it was filed before it. */
export const findEarlierCopies = async (
  world: BrowseWorld,
  { bucket, scopeId, rows, completeTo }: LateRows,
): Promise<(row: Cells) => boolean> => {
  if (rows.length === 0) return () => false;
  const firstFiled = new Map<string, Instant | undefined>(rows.map(row => [keyOf(row), undefined]));
  const times = new Set(rows.map(({ occurred_at }) => String(occurred_at)));
  const sorted = [...times].sort();
  const [least, greatest] = [sorted[0]!, sorted.at(-1)!];
  const compaction = await world.segmentDays.compaction(bucket);
  const query: DayQuery = {
    buckets: [bucket],
    selected: { scopeId },
    completeTo,
    from: least,
    to: greatest,
    columns: [],
    compactions: new Map([[bucket, compaction]]),
    compactedTo: compaction.compactedTo,
    recent: () => world.segmentDays.recent(bucket),
  };
  const note = (cells: Cells): void => {
    const key = keyOf(cells);
    if (!firstFiled.has(key)) return;
    const known = firstFiled.get(key);
    const filedAt = String(cells.filed_at);
    if (known === undefined || filedAt < known) firstFiled.set(key, filedAt);
  };
  const first = await firstDayOf(world, query);
  if (first === undefined) return () => false;
  const start = dateOf(earliestFiling(least));
  for (let date = start > first ? start : first; date <= dateOf(completeTo); date = dayAfter(date))
    await inGoodPieces(world, date, query, async piece => {
      const found = await piece.rows({
        selected: query.selected,
        isWanted: occurredAt => times.has(occurredAt),
        mayHold: span => span.least <= greatest && span.greatest >= least,
        onRead: () => undefined,
      });
      for (const { cells } of found) note(cells);
    });
  return row => {
    const filed = firstFiled.get(keyOf(row));
    return filed !== undefined && filed < String(row.filed_at);
  };
};

/** Reads the pieces of a day. If a segment turns out to be bad, the day is read anew, with the ledger in its place. */
const inGoodPieces = async (
  world: BrowseWorld,
  date: string,
  query: DayQuery,
  read: (piece: Piece) => Promise<void>,
): Promise<void> => {
  for (;;) {
    try {
      for (const piece of await piecesOf(world, date, query)) await read(piece);
      return;
    } catch (error) {
      if (!world.badSegments.took(error)) throw error;
    }
  }
};
