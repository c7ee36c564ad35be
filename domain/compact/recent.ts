/**
 * Segments of days that are not compacted yet, for browse alone. A lane's day has a few runs, which are of its first
 * objects in their order; each says how many objects it is of, and the hash of their keys. So a reader who lists
 * the ledger knows exactly which objects the segments stand for, and reads the others from the ledger.
 */
import type { Lane } from '#domain/archive/lane.ts';
import { keysSha256, type RunLimits } from './cut.ts';
import type { SegmentFacts } from './facts.ts';
import type { FinishedRun } from './progress.ts';

export type RecentDay = { date: string; lanes: Partial<Record<Lane, FinishedRun[]>> };
export type Recent = { format: 1; bucket: number; days: RecentDay[] };

/** A run of fewer new objects is not made, and of a lane with fewer the segments are not asked for. */
export const leastObjects = 32;
/** Of the days that are not compacted, so many are looked at, the last ones. */
export const recentDays = 3;

export const noRecent = (bucket: number): Recent => ({ format: 1, bucket, days: [] });

export const isRecent = ({ format, bucket, days }: Partial<Recent>): boolean =>
  format === 1 && Number.isInteger(bucket) && Array.isArray(days);

export const runsOf = ({ days }: Recent, date: string, lane: Lane): readonly FinishedRun[] =>
  days.find(day => day.date === date)?.lanes[lane] ?? [];

export const segmentsOfRecent = ({ days }: Recent): SegmentFacts[] =>
  days.flatMap(({ lanes }) => Object.values(lanes).flatMap(runs => runs.map(({ segment }) => segment)));

/** A run, and the objects that it is of. */
export type Covered<Listed> = { run: FinishedRun; objects: Listed[] };

/**
 * The runs that are of the first of the listed objects, in their order, and the objects that are in none. A run that
 * is not of the next objects counts no longer, nor do those after it.
 */
export const coveredBy = <Listed extends { key: string }>(
  runs: readonly FinishedRun[],
  listed: readonly Listed[],
): { covered: Covered<Listed>[]; rest: Listed[] } => {
  const covered: Covered<Listed>[] = [];
  let at = 0;
  for (const run of runs) {
    const objects = listed.slice(at, at + run.objects);
    if (objects.length !== run.objects || keysSha256(objects) !== run.keys_sha256) break;
    covered.push({ run, objects });
    at += run.objects;
  }
  return { covered, rest: listed.slice(at) };
};

/**
 * How many of the last runs become one with new rows: each that is not larger than what it is merged with. So each
 * run is larger than all later ones together: a day has few, and a row is written few times.
 */
export const runsToMerge = (
  runs: readonly FinishedRun[],
  added: { rows: number; textBytes: number },
  limits: RunLimits,
): number => {
  let { rows, textBytes } = added;
  let merged = 0;
  for (const { segment } of [...runs].reverse()) {
    if (segment.rows > rows) break;
    rows += segment.rows;
    textBytes += segment.text_bytes;
    if (rows > limits.rows || textBytes > limits.textBytes) break;
    merged += 1;
  }
  return merged;
};

/** With these runs of a lane's day in place of those before. */
export const withRuns = (
  recent: Recent,
  { date, lane }: { date: string; lane: Lane },
  runs: readonly FinishedRun[],
): Recent => {
  const before = recent.days.find(day => day.date === date) ?? { date, lanes: {} };
  const { [lane]: _, ...others } = before.lanes;
  const lanes = runs.length === 0 ? others : { ...others, [lane]: [...runs] };
  const days = recent.days.filter(day => day.date !== date);
  if (Object.keys(lanes).length > 0) days.push({ date, lanes });
  return { ...recent, days: days.sort((a, b) => (a.date < b.date ? -1 : 1)) };
};

/** Without the days of which `isGone` holds. */
export const withoutDays = (recent: Recent, isGone: (date: string) => boolean): Recent => ({
  ...recent,
  days: recent.days.filter(({ date }) => !isGone(date)),
});
