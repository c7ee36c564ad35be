/**
 * Answers a question about a log from its newest event on: takes events until they are enough, the budget is spent
 * or nothing is left, and says how far everything is decided, what may be missing, and how to go on.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { BucketCompaction } from '#aws/segment-days.ts';
import { allBuckets, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import { isReported } from '#domain/archive/gap.ts';
import { answerableTo } from '#domain/archive/watermark.ts';
import { Budget } from '#domain/browse/budget.ts';
import type { CandidateLimits } from '#domain/browse/candidates.ts';
import { type Cursor, decodeCursor, encodeCursor, type Reading, subjectOf } from '#domain/browse/cursor.ts';
import { type Position, positionAfter } from '#domain/browse/event-key.ts';
import type { LogSelection } from '#domain/browse/request.ts';
import type { Recent } from '#domain/compact/recent.ts';
import { columnsOfFilter, matcherOf } from '#domain/filter/filter.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { type Instant, nextInstant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import { newerSpan } from './newer-span.ts';
import { type DecidedEvent, startOf, stepBack, type Walk } from './walk-back.ts';

/** The columns that a text is searched in. */
const searched = exportedColumns.map(({ name }) => name);

export type Question = {
  selection: LogSelection;
  /** What is asked, besides the selection: a cursor belongs to it too. */
  what: string;
  /** The columns that are taken from each event; a page reads all of them of its own events alone. */
  columns: readonly string[];
  limits: CandidateLimits;
  /** Takes the next event, the newest first; false if it does not fit, and nothing more does. */
  take(event: DecidedEvent): boolean | Promise<boolean>;
  /** Whether nothing more fits. */
  isFull(): boolean;
};

/** What every answer says besides what it is asked. */
export type Progress = Pick<Api<'Events'>, 'cursor' | 'newer' | 'complete_to' | 'scanned_to' | 'gaps'>;

/** Undefined if the cursor is not one that was given for this question. */
export const browseLog = async (world: BrowseWorld, question: Question): Promise<Progress | undefined> => {
  const { selection, what } = question;
  const subject = subjectOf(selection, what);
  const buckets =
    selection.scopeId === undefined
      ? allBuckets(world.buckets)
      : [bucketOf(selection.scopeId, world.buckets)];
  await world.gather?.(buckets);
  const now = answerableTo(await world.watermarks.all(), buckets);
  if (selection.cursor === undefined && now === undefined)
    return {
      cursor: null,
      newer: null,
      complete_to: null,
      scanned_to: null,
      gaps: await gapsOf(world, selection, buckets),
    };
  const cursor = selection.cursor === undefined ? undefined : decodeCursor(selection.cursor, subject);
  // No answer was complete up to an instant that is still to come.
  if (selection.cursor !== undefined && (!cursor || now === undefined || cursor.completeTo > now))
    return undefined;
  const compactions = await compactionsOf(world, buckets);
  const view = viewOf(cursor, firstView(now!, compactions));
  const end = await walk(world, question, compactions, view);
  return {
    cursor: end === 'all' ? null : encodeCursor({ ...view, ...end }, subject),
    newer: encodeCursor(newerThan(view), subject),
    complete_to: view.completeTo,
    scanned_to: end === 'all' ? (selection.from ?? theBeginning) : (end.position?.occurredAt ?? null),
    gaps: await gapsOf(world, selection, buckets, view.completeTo),
  };
};

const theBeginning: Instant = '0001-01-01T00:00:00.000000000Z';

const compactionsOf = async (
  { segmentDays }: BrowseWorld,
  buckets: readonly number[],
): Promise<Map<number, BucketCompaction>> => {
  const found = await fewAtOnce(buckets, bucket => segmentDays.compaction(bucket));
  return new Map(found.map(compaction => [compaction.bucket, compaction]));
};

/** The least of the buckets: days up to there are read from segments, on every page. */
const firstView = (completeTo: Instant, compactions: ReadonlyMap<number, BucketCompaction>): Cursor => ({
  completeTo,
  compactedTo: [...compactions.values()]
    .map(({ compactedTo }) => compactedTo)
    .reduce((a, b) => (a === undefined || b === undefined ? undefined : a < b ? a : b)),
  filedFrom: undefined,
  position: undefined,
  reading: undefined,
});

/** A cursor whose view begins where it ends: what is filed from then on is still to be seen. */
const newerThan = ({ completeTo }: Cursor): Cursor => ({
  completeTo,
  compactedTo: undefined,
  filedFrom: completeTo,
  position: undefined,
  reading: undefined,
});

/** What a call sees: what a cursor has frozen, or what is filed now; of what is newer, that alone. */
const viewOf = (cursor: Cursor | undefined, now: Cursor): Cursor => {
  if (!cursor) return now;
  return cursor.filedFrom === cursor.completeTo ? { ...now, filedFrom: cursor.filedFrom } : cursor;
};

type End = 'all' | { position: Position | undefined; reading: Reading | undefined };

const walk = async (
  world: BrowseWorld,
  { selection, columns: asked, limits, take, isFull }: Question,
  compactions: ReadonlyMap<number, BucketCompaction>,
  { completeTo, compactedTo, filedFrom, position, reading }: Cursor,
): Promise<End> => {
  const { scopeId, from, to, filter } = selection;
  const budget = new Budget(world.budget, world.nowMs);
  const all: Walk = {
    buckets: [...compactions.keys()],
    compactions,
    compactedTo,
    recent: recentOf(world),
    columns: [...columnsOfFilter(filter, searched), ...asked],
    selected: scopeId === undefined ? undefined : { scopeId },
    from,
    completeTo,
    filedFrom,
    isMatch: matcherOf(filter, searched),
    limits,
    budget,
  };
  const span = filedFrom === undefined ? 'unknown' : await newerSpan(world, all, filedFrom);
  if (span === 'none') return 'all';
  const { least, greatest } = span === 'unknown' ? { least: from, greatest: undefined } : span;
  const plan = { ...all, from: latest(from, least) };
  const start = startOf(completeTo, earliest(to, greatest && nextInstant(greatest)));
  let at = position;
  let left = reading;
  for (;;) {
    const step = await stepBack(world, plan, at ?? start, left);
    if ('reading' in step) return { position: at, reading: step.reading };
    left = undefined;
    try {
      for (const event of step.events) {
        if (!(await take(event))) return { position: at, reading: undefined };
        at = positionAfter(event.key);
      }
    } catch (error) {
      // Of a segment, some columns are read only now: what is left is read from the ledger.
      if (!world.badSegments.took(error)) throw error;
      continue;
    }
    if (step.upTo === undefined) return 'all';
    at = step.upTo;
    if (isFull() || budget.isSpent()) return { position: at, reading: undefined };
  }
};

/** Read once in a call, so that it sees one state of them; they are asked for only if they save reads. */
const recentOf = ({ segmentDays }: BrowseWorld): Walk['recent'] => {
  const known = new Map<number, Promise<Recent>>();
  return bucket => {
    const read = known.get(bucket) ?? segmentDays.recent(bucket);
    known.set(bucket, read);
    return read;
  };
};

/** Of two bounds; undefined means no limit. */
const latest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;
const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

/** What may be missing, by the rule of exports. */
const gapsOf = async (
  { gaps }: BrowseWorld,
  { from }: LogSelection,
  buckets: readonly number[],
  completeTo: Instant = theBeginning,
): Promise<Progress['gaps']> =>
  (await gaps.of(buckets))
    .filter(gap => isReported(gap, buckets, from, completeTo))
    .map(({ bucket, filedAt, endedAt }) => ({
      bucket: bucket ?? null,
      filed_at: filedAt,
      ended_at: endedAt ?? null,
    }));
