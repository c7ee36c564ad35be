/**
 * The finished runs of a day that is being compacted, so that a day takes as many invocations as it needs. A
 * run is counted once its segment was read back and proven.
 */
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { keysSha256, type ListedKey } from './cut.ts';
import type { DayFacts, LaneDayFacts, SegmentFacts } from './facts.ts';
import { RowSum } from './row-sum.ts';

export type FinishedRun = {
  /** The next objects of the lane in their order: how many, and the SHA-256 of their keys. */
  objects: number;
  keys_sha256: string;
  /** The sum of its rows, the same from the ledger and from the segment. */
  rows_sum: string;
  segment: SegmentFacts;
};

export type DayProgress = {
  format: 1;
  bucket: number;
  date: string;
  lanes: Partial<Record<Lane, FinishedRun[]>>;
};

/** The objects of a day by lane, in their order; a lane without objects is absent. */
export type ListedDay = { date: string; lanes: Partial<Record<Lane, ListedKey[]>> };

export const noProgress = (bucket: number, date: string): DayProgress => ({
  format: 1,
  bucket,
  date,
  lanes: {},
});

export const isDayProgress = ({ format, bucket, date, lanes }: Partial<DayProgress>): boolean =>
  format === 1 && Number.isInteger(bucket) && typeof date === 'string' && typeof lanes === 'object';

/** Whether the finished runs are the first objects of what the ledger lists. */
export const isProgressOf = (progress: DayProgress, day: ListedDay): boolean =>
  progress.date === day.date &&
  lanes.every(lane => {
    let at = 0;
    return (progress.lanes[lane] ?? []).every(({ objects, keys_sha256 }) => {
      const its = (day.lanes[lane] ?? []).slice(at, at + objects);
      at += objects;
      return its.length === objects && keysSha256(its) === keys_sha256;
    });
  });

/** How many objects of a lane are in finished runs. */
export const finishedObjects = (progress: DayProgress, lane: Lane): number =>
  (progress.lanes[lane] ?? []).reduce((sum, { objects }) => sum + objects, 0);

/** The progress with one more run of a lane. */
export const withRun = (progress: DayProgress, lane: Lane, run: FinishedRun): DayProgress => ({
  ...progress,
  lanes: { ...progress.lanes, [lane]: [...(progress.lanes[lane] ?? []), run] },
});

/** The facts of a day whose objects are all in finished runs. */
export const factsOfDay = (progress: DayProgress, day: ListedDay): DayFacts => {
  const facts: DayFacts = { date: day.date, lanes: {} };
  for (const lane of lanes) {
    const listed = day.lanes[lane] ?? [];
    if (listed.length === 0) continue;
    const sum = new RowSum();
    const runs = progress.lanes[lane] ?? [];
    for (const { rows_sum, segment } of runs) sum.addSum(rows_sum, segment.rows);
    facts.lanes[lane] = {
      objects: listed.length,
      keys_sha256: keysSha256(listed),
      rows: sum.rows,
      text_bytes: runs.reduce((bytes, { segment }) => bytes + segment.text_bytes, 0),
      rows_sum: sum.hex(),
      segments: runs.map(({ segment }) => segment),
    };
  }
  return facts;
};

/** Whether the facts are of exactly the objects that the ledger lists. */
export const areFactsOf = (facts: DayFacts | undefined, day: ListedDay): boolean =>
  lanes.every(lane => {
    const known: LaneDayFacts | undefined = facts?.lanes[lane];
    const listed = day.lanes[lane] ?? [];
    if (listed.length === 0) return known === undefined;
    return known?.objects === listed.length && known.keys_sha256 === keysSha256(listed);
  });

/**
 * Whether the ledger lists fewer objects than the facts are of. What they held is in the segments alone now, so those
 * must stay.
 */
export const lacksObjects = (facts: DayFacts | undefined, day: ListedDay): boolean =>
  lanes.some(lane => (day.lanes[lane]?.length ?? 0) < (facts?.lanes[lane]?.objects ?? 0));

/** A file in the place of views. */
export type ListedSegment = { key: string; bytes: number; etag: string };

/** Whether the listed files are exactly these segments. */
export const areSegments = (
  segments: readonly ListedSegment[],
  listed: readonly ListedSegment[],
): boolean => {
  const found = new Map(listed.map(each => [each.key, each]));
  return (
    found.size === segments.length &&
    segments.every(({ key, bytes, etag }) => {
      const each = found.get(key);
      return each?.bytes === bytes && each.etag === etag;
    })
  );
};
