/**
 * The pieces in which the rows of a day lie: of a day that is compacted the row groups of its segments, of others the
 * objects of the ledger. A segment that cannot be used is reported, and its day is read from the ledger.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { RowQuery } from '#aws/ledger-rows.ts';
import type { BucketCompaction } from '#aws/segment-days.ts';
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { lanesOf } from '#domain/browse/days.ts';
import type { TimeSpan } from '#domain/browse/filed-text.ts';
import { type DayFacts, type GroupFacts, mayHold, type SegmentFacts } from '#domain/compact/facts.ts';
import { columnNames } from '#domain/compact/filed-line.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { dayBefore, type Instant, nextInstant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';

/** A row with the cells that were asked for; `whole` reads all of them. */
export type FoundRow = { cells: Cells; bytes: number; whole(): Promise<Cells> };

/** A part of a day, by a key that stays the same. */
export type Piece = {
  key: string;
  /** No row of it was filed before. */
  firstFiledAt: Instant;
  /** Those with the greatest are read first: they hold what is newest. */
  order: Instant;
  /** How many such pieces are read before the walk looks whether the rest is still of use. */
  atOnce: number;
  rows(query: RowQuery): Promise<FoundRow[]>;
};

/** What is read: rows of these buckets that occurred in `[from, to]` and were filed before `completeTo`. */
export type DayQuery = {
  buckets: readonly number[];
  /** Undefined: all scopes. */
  selected: { scopeId: string } | undefined;
  completeTo: Instant;
  from: Instant | undefined;
  to: Instant;
  /** The columns that are needed of every row, besides those that tell events and their copies apart. */
  columns: readonly string[];
  /** How far each bucket is compacted, and up to which day that is used. */
  compactions: ReadonlyMap<number, BucketCompaction>;
  compactedTo: string | undefined;
};

/** The first day on which anything was filed in these buckets; undefined if nothing was. */
export const firstDayOf = async (
  { days }: Pick<BrowseWorld, 'days'>,
  { buckets }: Pick<DayQuery, 'buckets'>,
): Promise<string | undefined> => {
  const first = await fewAtOnce(buckets, bucket => days.firstDay(bucket));
  return first.filter(day => day !== undefined).sort()[0];
};

/** The pieces of a day, those with the newest first. */
export const piecesOf = async (world: BrowseWorld, date: string, query: DayQuery): Promise<Piece[]> => {
  const its = lanesOf(date, query.from, query.to);
  if (its.length === 0) return [];
  const pieces = await fewAtOnce(query.buckets, async bucket => {
    const facts = await usableFacts(world, { bucket, date }, query);
    if (facts === 'none') return [];
    return facts
      ? its.flatMap(lane => groupPieces(world, facts.lanes[lane]?.segments ?? [], query))
      : objectPieces(
          world,
          its.map(lane => ({ lane, bucket, date })),
          query,
        );
  });
  return pieces.flat().sort(newestFirst);
};

const newestFirst = (a: Piece, b: Piece): number =>
  a.order !== b.order ? (a.order < b.order ? 1 : -1) : a.key < b.key ? 1 : -1;

/** The facts of a compacted day; `none` if nothing was filed on it, undefined if the ledger is read. */
const usableFacts = async (
  { segmentDays, badSegments, days }: BrowseWorld,
  { bucket, date }: { bucket: number; date: string },
  { compactions, compactedTo, completeTo }: DayQuery,
): Promise<DayFacts | 'none' | undefined> => {
  const compaction = compactions.get(bucket);
  const upTo = compaction?.compactedTo;
  if (!compaction || upTo === undefined || compactedTo === undefined) return undefined;
  if (date > upTo || date > compactedTo || badSegments.hasDay(bucket, date)) return undefined;
  const facts = await segmentDays.day(compaction, date);
  if (facts === 'unknown') return undefined;
  if (facts && segmentsOf(facts).some(({ key }) => badSegments.has(key))) return undefined;
  // Only of the last days an object may have come later than it should.
  if (date >= dayBefore(upTo) && !(await isOfLedger(days, { bucket, date, completeTo }, facts))) {
    badSegments.addDay(bucket, date, 'The ledger has other objects than were compacted');
    return undefined;
  }
  return facts ?? 'none';
};

const segmentsOf = ({ lanes: its }: DayFacts): SegmentFacts[] =>
  Object.values(its).flatMap(({ segments }) => segments);

const isOfLedger = async (
  days: BrowseWorld['days'],
  { bucket, date, completeTo }: { bucket: number; date: string; completeTo: Instant },
  facts: DayFacts | undefined,
): Promise<boolean> => {
  for (const lane of lanes) {
    const objects = await days.objects({ lane, bucket, date }, completeTo);
    if (objects.length !== (facts?.lanes[lane]?.objects ?? 0)) return false;
  }
  return true;
};

/** An object takes few reads, and may be known to hold nothing: many are read at once. */
const objectsAtOnce = 64;

const objectPieces = async (
  { days, rows }: BrowseWorld,
  partitions: readonly { lane: Lane; bucket: number; date: string }[],
  { completeTo }: DayQuery,
): Promise<Piece[]> => {
  const lists = await Promise.all(partitions.map(partition => days.objects(partition, completeTo)));
  return lists.flat().map(object => ({
    key: object.key,
    firstFiledAt: object.firstFiledAt,
    order: object.firstFiledAt,
    atOnce: objectsAtOnce,
    rows: async query =>
      (await rows.rows(object, query)).map(({ cells, bytes }) => ({
        cells,
        bytes,
        whole: async () => cells,
      })),
  }));
};

/** What tells events and their copies apart. */
const keyColumns = ['scope_id', 'occurred_at', 'id', 'filed_at', 'content_sha256'];

/** Each holds many rows of few scopes, in their order: after a few of them nothing older may be of use. */
const groupsAtOnce = 2;

const groupPieces = (
  { segmentRows }: Pick<BrowseWorld, 'segmentRows'>,
  segments: readonly SegmentFacts[],
  { selected, columns: asked, from, to }: DayQuery,
): Piece[] => {
  const columns = [...new Set([...keyColumns, ...asked])];
  return segments.flatMap(segment =>
    segment.groups.flatMap((group, at): Piece[] => {
      if (!mayHoldRows(group, selected, from, to)) return [];
      const bytes = group.text_bytes / group.rows;
      const isSorted = selected !== undefined && group.last_scope_id === selected.scopeId;
      return [
        {
          key: `${segment.key}#${at}`,
          firstFiledAt: segment.first_filed_at,
          order: isSorted ? group.last_occurred_at : segment.last_filed_at,
          atOnce: groupsAtOnce,
          rows: async ({ isWanted, mayHold: mayWant, onRead }) => {
            const span = spanOfGroup(group);
            if (span && !mayWant(span)) return [];
            const found = await segmentRows.pick(segment, at, {
              columns,
              onRead,
              isWanted: (scopeId, occurredAt) =>
                (selected === undefined || scopeId === selected.scopeId) && isWanted(occurredAt),
            });
            let all: Promise<Cells[]> | undefined;
            return found.map(({ row, cells }): FoundRow => {
              const whole = async (): Promise<Cells> => {
                all ??= segmentRows.rows(segment, at, { columns: columnNames, onRead });
                return (await all)[row]!;
              };
              return { cells, bytes, whole };
            });
          },
        },
      ];
    }),
  );
};

const mayHoldRows = (
  group: GroupFacts,
  selected: { scopeId: string } | undefined,
  from: Instant | undefined,
  to: Instant,
): boolean => mayHold(group, selected?.scopeId, { from, to: nextInstant(to) });

/** When the rows of a group occurred, if they are of one scope. */
const spanOfGroup = (group: GroupFacts): TimeSpan | undefined =>
  group.first_scope_id === group.last_scope_id
    ? { least: group.first_occurred_at, greatest: group.last_occurred_at }
    : undefined;
