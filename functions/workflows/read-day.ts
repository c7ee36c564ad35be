/**
 * The pieces in which the rows of a day lie: of a day that is compacted the row groups of its segments, of others the
 * objects of the ledger, and the segments that stand for some of them. A segment that cannot be used is reported,
 * and the ledger is read in its place.
 */
import { hash } from 'node:crypto';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { lanes } from '#domain/archive/lane.ts';
import { lanesOf } from '#domain/browse/days.ts';
import type { DayFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { dayBefore, type Instant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import { type DayPieces, type DayQuery, groupPieces, type Piece } from './pieces.ts';
import { openDayPieces } from './read-open-day.ts';

/**
 * The first day on which anything was filed in these buckets, undefined if nothing was: the first that the ledger
 * lists, or an earlier one with segments, of which the ledger has lost every object.
 */
export const firstDayOf = async (
  { days, segmentDays }: Pick<BrowseWorld, 'days' | 'segmentDays'>,
  { buckets, compactions }: Pick<DayQuery, 'buckets' | 'compactions'>,
): Promise<string | undefined> => {
  const first = await fewAtOnce(buckets, async bucket => {
    const compaction = compactions.get(bucket);
    return [await days.firstDay(bucket), compaction && (await segmentDays.firstDay(compaction))];
  });
  return first
    .flat()
    .filter(day => day !== undefined)
    .sort()[0];
};

/** The pieces of a day, those with the newest first. */
export const piecesOf = async (world: BrowseWorld, date: string, query: DayQuery): Promise<Piece[]> => {
  const its = lanesOf(date, query.from, query.to);
  if (its.length === 0) return [];
  const found = await fewAtOnce(query.buckets, async (bucket): Promise<DayPieces> => {
    const facts = await usableFacts(world, { bucket, date }, query);
    if (facts === 'none') return { pieces: [], segments: [] };
    if (facts)
      return {
        pieces: its.flatMap(lane => groupPieces(world, facts.lanes[lane]?.segments ?? [], query)),
        segments: segmentsOf(facts).map(({ key }) => key),
      };
    return openDayPieces(
      world,
      its.map(lane => ({ lane, bucket, date })),
      query,
    );
  });
  return withView(
    found.flatMap(({ pieces }) => pieces).sort(newestFirst),
    found.flatMap(({ segments }) => segments),
  );
};

/**
 * Between two calls segments may take the place of objects, or objects that of bad segments, and all pieces have
 * another order then: a reading that goes on finds no piece of its name, and begins the day anew.
 */
const withView = (pieces: Piece[], segments: string[]): Piece[] => {
  if (segments.length === 0) return pieces;
  const view = hash('sha256', segments.sort().join(' ')).slice(0, viewDigits);
  return pieces.map(piece => ({ ...piece, key: `${piece.key}@${view}` }));
};

const viewDigits = 8;

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
  if (date >= dayBefore(upTo) && (await hasMoreObjects(days, { bucket, date, completeTo }, facts))) {
    badSegments.addDay(bucket, date, 'The ledger has other objects than were compacted');
    return undefined;
  }
  return facts ?? 'none';
};

const segmentsOf = ({ lanes: its }: DayFacts): SegmentFacts[] =>
  Object.values(its).flatMap(({ segments }) => segments);

/** Of a day with fewer objects, the rows of those that were lost are in its segments alone. */
const hasMoreObjects = async (
  days: BrowseWorld['days'],
  { bucket, date, completeTo }: { bucket: number; date: string; completeTo: Instant },
  facts: DayFacts | undefined,
): Promise<boolean> => {
  for (const lane of lanes) {
    const objects = await days.objects({ lane, bucket, date }, completeTo);
    if (objects.length > (facts?.lanes[lane]?.objects ?? 0)) return true;
  }
  return false;
};
