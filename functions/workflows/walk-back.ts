/**
 * Walks back through a log: reads the days on which events may have been filed, from the last to the first, both
 * lanes of each, until what occurred in an interval is decided: which copy of each event was filed first, and
 * whether that one matches. A walk whose budget ends before anything is decided says how far it has read.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Budget } from '#domain/browse/budget.ts';
import { type CandidateLimits, Candidates, type Copy } from '#domain/browse/candidates.ts';
import { type FoundEvent, fitNewest, type Reading } from '#domain/browse/cursor.ts';
import { decidedFrom, isReadBefore } from '#domain/browse/days.ts';
import { type EventKey, isBefore, keyText, type Position } from '#domain/browse/event-key.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { addDays, dateOf, dayAfter, dayBefore, type Instant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import type { DayQuery, FoundRow, Piece } from './pieces.ts';
import { firstDayOf, piecesOf } from './read-day.ts';

/** Only rows that were filed before `completeTo` are seen. */
export type Walk = Omit<DayQuery, 'to'> & {
  /** Only events whose first copy was filed at this instant or later match. */
  filedFrom: Instant | undefined;
  isMatch(cells: Cells): boolean;
  limits: CandidateLimits;
  budget: Budget;
};

export type DecidedEvent = { key: EventKey; row: FoundRow };

export type Step =
  | {
      /** The newest first: those that match, of everything between the position before and `upTo`. */
      events: DecidedEvent[];
      /** Undefined: everything that was asked for is decided. */
      upTo: Position | undefined;
    }
  | { reading: Reading };

/** A row, or undefined if an earlier call has found it, which left only when it was filed. */
type Found = FoundRow | undefined;

/** How many events a reading that did not end may know; a cursor has room for few. */
const maxNewest = 10;

/** Nothing that was filed before `completeTo` occurred at this position or later. */
export const startOf = (completeTo: Instant, to: Instant | undefined): Position => {
  const last = addDays(completeTo, 1);
  return { occurredAt: to !== undefined && to < last ? to : last };
};

/**
 * Decides events before a position, as many as fit; `reading` goes on with a step that did not end. If a segment
 * cannot be used, the step begins anew, with the ledger in its place.
 */
export const stepBack = async (
  world: BrowseWorld,
  walk: Walk,
  position: Position,
  reading: Reading | undefined,
): Promise<Step> => {
  for (;;) {
    try {
      return await tryStep(world, walk, position, reading);
    } catch (error) {
      if (!world.badSegments.took(error)) throw error;
    }
  }
};

const tryStep = async (
  world: BrowseWorld,
  walk: Walk,
  position: Position,
  reading: Reading | undefined,
): Promise<Step> => {
  const { budget, completeTo } = walk;
  const candidates = new Candidates<Found>(walk.limits, position, walk.from);
  if (reading) candidates.startWith(reading.newest.map(copyOfFound));
  const first = await firstDayOf(world, walk);
  const start = reading?.date ?? dateOf(completeTo);
  for (let date = start; first !== undefined && date >= first; date = dayBefore(date)) {
    // All days after this one are read.
    const decided = decidedFrom(dayAfter(date));
    if (!isReadBefore(dayAfter(date), candidates.floor)) break;
    const isProgress = (): boolean => candidates.isRaisedTo(decided) || isAfter(position, decided);
    const stop = (after: string | undefined): Promise<Step> | Step =>
      isProgress()
        ? decide(world, walk, candidates, decided)
        : { reading: { date, after, newest: fitNewest(candidates.newest(maxNewest)) } };
    if (date !== start && budget.isSpent()) return stop(undefined);
    const query = { ...walk, from: candidates.floor, to: position.occurredAt };
    const pieces = afterPiece(
      await piecesOf(world, date, query),
      date === start ? reading?.after : undefined,
    );
    for (let at = 0; at < pieces.length; ) {
      if (at > 0 && budget.isSpent()) return stop(pieces[at - 1]!.key);
      const next = pieces.slice(at, at + pieces[at]!.atOnce);
      await fewAtOnce(next, piece => readInto(walk, piece, candidates));
      at += next.length;
    }
  }
  return decide(world, walk, candidates, undefined);
};

/** Whether a position stands after everything that occurred at an instant or earlier. */
const isAfter = (position: Position, occurredAt: Instant): boolean =>
  isBefore({ occurredAt, id: '', scopeId: undefined }, position);

/** What a reading that ended after a piece has left; all of it if that piece is no longer there. */
const afterPiece = (pieces: Piece[], after: string | undefined): Piece[] =>
  after === undefined ? pieces : pieces.slice(1 + pieces.findIndex(({ key }) => key === after));

const readInto = async (walk: Walk, piece: Piece, candidates: Candidates<Found>): Promise<void> => {
  const { selected, completeTo, budget } = walk;
  const rows = await piece.rows({
    selected,
    isWanted: occurredAt => candidates.wantsAt(occurredAt),
    mayHold: ({ least, greatest }) => candidates.mayWant(least, greatest),
    onRead: bytes => budget.spend(bytes),
  });
  for (const row of rows) {
    const copy = copyOf(walk, row);
    if (copy.filedAt < completeTo) candidates.add(copy);
  }
};

const keyOf = (cells: Cells): EventKey => ({
  occurredAt: cells.occurred_at as Instant,
  id: cells.id as string,
  scopeId: cells.scope_id as string | undefined,
});

const copyOf = ({ isMatch }: Walk, row: FoundRow): Copy<Found> => ({
  key: keyOf(row.cells),
  filedAt: row.cells.filed_at as Instant,
  sha256: row.cells.content_sha256 as string,
  isMatch: isMatch(row.cells),
  bytes: row.bytes,
  content: row,
});

const copyOfFound = ({ key, filedAt }: FoundEvent): Copy<Found> => ({
  key,
  filedAt,
  // Of rows with the same time of filing, this one stays.
  sha256: '',
  isMatch: true,
  bytes: 0,
  content: undefined,
});

const decide = async (
  world: BrowseWorld,
  walk: Walk,
  candidates: Candidates<Found>,
  from: Instant | undefined,
): Promise<Step> => {
  const { events, upTo } = candidates.decided(from);
  const decided: DecidedEvent[] = [];
  for (const { key, filedAt, isMatch, content } of events) {
    if (!isMatch || (walk.filedFrom !== undefined && filedAt < walk.filedFrom)) continue;
    const row = content ?? (await findAgain(world, walk, { key, filedAt }));
    if (content || walk.isMatch(row.cells)) decided.push({ key, row });
  }
  for (const { row } of decided) row.choose();
  return { events: decided, upTo };
};

/** The row of an event that an earlier call has found. */
const findAgain = async (world: BrowseWorld, walk: Walk, { key, filedAt }: FoundEvent): Promise<FoundRow> => {
  const at = { ...walk, from: key.occurredAt, to: key.occurredAt };
  const wanted = keyText(key);
  for (const piece of await piecesOf(world, dateOf(filedAt), at)) {
    if (piece.firstFiledAt > filedAt) continue;
    const rows = await piece.rows({
      selected: walk.selected,
      isWanted: occurredAt => occurredAt === key.occurredAt,
      mayHold: ({ least, greatest }) => least <= key.occurredAt && key.occurredAt <= greatest,
      onRead: bytes => walk.budget.spend(bytes),
    });
    const row = rows.find(({ cells }) => cells.filed_at === filedAt && keyText(keyOf(cells)) === wanted);
    if (row) return row;
  }
  throw new Error(`The row that was filed at ${filedAt} is no longer in the log`);
};
