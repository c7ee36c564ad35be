/**
 * The pieces of a day that is not compacted: objects of the ledger, and for some of them the segments that hold the
 * same rows. A segment counts only if the ledger lists exactly the objects of which it was made; those of a
 * segment that cannot be used are read themselves. So each row is read once, whatever lies there.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { LedgerDay, LedgerObject } from '#aws/ledger-days.ts';
import { coveredBy, runsOf } from '#domain/compact/recent.ts';
import { type Instant, nextInstant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';
import { type DayPieces, type DayQuery, groupPieces, objectPieces } from './pieces.ts';

/** The pieces of a day in these lanes. */
export const openDayPieces = async (
  world: BrowseWorld,
  partitions: readonly LedgerDay[],
  query: DayQuery,
): Promise<DayPieces> => {
  const found = await fewAtOnce(partitions, partition => lanePieces(world, partition, query));
  return {
    pieces: found.flatMap(({ pieces }) => pieces),
    segments: found.flatMap(({ segments }) => segments),
  };
};

const lanePieces = async (world: BrowseWorld, partition: LedgerDay, query: DayQuery): Promise<DayPieces> => {
  const listed = await world.days.objects(partition, query.completeTo);
  if (listed.length < world.leastRecentObjects) return { pieces: objectPieces(world, listed), segments: [] };
  const runs = runsOf(await query.recent(partition.bucket), partition.date, partition.lane);
  // Runs may be of more than a cursor of some time ago sees: then the day is listed as far as they go.
  const { covered, rest } = coveredBy(
    runs,
    await world.days.objects(partition, upToAll(runs, query)).then(inOrder),
  );
  const isGood = ({ run }: (typeof covered)[number]): boolean => !world.badSegments.has(run.segment.key);
  const segments = covered.filter(isGood).map(({ run }) => run.segment);
  const ofBad = covered.filter(each => !isGood(each)).flatMap(({ objects }) => objects);
  const read = [...ofBad, ...rest].filter(({ firstFiledAt }) => firstFiledAt < query.completeTo);
  return {
    pieces: [...groupPieces(world, segments, query), ...objectPieces(world, read)],
    segments: segments.map(({ key }) => key),
  };
};

const inOrder = (newestFirst: readonly LedgerObject[]): LedgerObject[] => [...newestFirst].reverse();

/** The instant before which all objects of the runs, and all that is asked, were filed. */
const upToAll = (runs: ReturnType<typeof runsOf>, { completeTo }: DayQuery): Instant =>
  runs.map(({ segment }) => nextInstant(segment.last_filed_at)).reduce((a, b) => (a > b ? a : b), completeTo);
