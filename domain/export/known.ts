/** What is known of what an export may read, from facts of segments and sizes of objects. */
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { type CompactedTo, mayHold, type SegmentFacts } from '#domain/compact/facts.ts';
import type { KnownBuckets, KnownDay, KnownLanes, Part } from './reads.ts';
import { inflation } from './slices.ts';

/** So many different days may end what is read from segments; each takes up to four selects of a statement. */
export const mostBounds = 32;

/**
 * The days up to which buckets are read from segments, so that few are different: some are then read from the
 * ledger although they are compacted. In the order of the buckets.
 */
export const alignBounds = (bounds: readonly CompactedTo[], most = mostBounds): CompactedTo[] => {
  const different = [...new Set(bounds.map(bound => bound ?? ''))].sort();
  const each = Math.ceil(different.length / most);
  const aligned = new Map(different.map((bound, n) => [bound, different[n - (n % each)]!]));
  return bounds.map(bound => aligned.get(bound ?? '') || undefined);
};

export type BucketDays = readonly { lane: Lane; date: string; segments: readonly SegmentFacts[] }[];
type LedgerDays = readonly { lane: Lane; date: string; objects: number; bytes: number }[];

type Facts = {
  buckets: readonly number[];
  areAll: boolean;
  ledger: LedgerDays;
  segments: BucketDays;
  /** Undefined for all. */
  scopeId: string | undefined;
};

export const knownOf = ({ buckets, areAll, ledger, segments, scopeId }: Facts): KnownBuckets => ({
  buckets,
  areAll,
  ledger: byLane(
    ledger.map(({ lane, date, objects, bytes }) => ({
      lane,
      date,
      objects,
      parts: [{ bytes, textBytes: bytes * inflation }],
    })),
  ),
  segments: byLane(
    segments.flatMap(({ lane, date, segments: files }) =>
      files.flatMap(file => {
        const parts = partsOf(file, scopeId);
        return parts.length === 0 ? [] : [{ lane, date, objects: 1, parts }];
      }),
    ),
  ),
});

const anyTime = { from: undefined, to: undefined };

/** The row groups that may hold rows of the scope; for all scopes the segment is one part. */
const partsOf = ({ bytes, text_bytes, groups }: SegmentFacts, scopeId: string | undefined): Part[] => {
  if (scopeId === undefined) return [{ bytes, textBytes: text_bytes }];
  return groups
    .filter(group => mayHold(group, scopeId, anyTime))
    .map(group => ({
      bytes: Math.ceil((bytes * group.text_bytes) / text_bytes),
      textBytes: group.text_bytes,
      group,
    }));
};

/** The days of each lane in their order, each once. */
const byLane = (found: readonly (KnownDay & { lane: Lane })[]): KnownLanes =>
  Object.fromEntries(
    lanes.map((lane): [Lane, KnownDay[]] => {
      const days = new Map<string, KnownDay>();
      for (const { date, objects, parts } of found.filter(one => one.lane === lane)) {
        const day = days.get(date);
        days.set(date, {
          date,
          objects: objects + (day?.objects ?? 0),
          parts: merged([...(day?.parts ?? []), ...parts]),
        });
      }
      return [lane, [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1))];
    }),
  ) as Record<Lane, KnownDay[]>;

/** Parts that are not told apart are one. */
const merged = (parts: readonly Part[]): Part[] => {
  const told = parts.filter(({ group }) => group !== undefined);
  const others = parts.filter(({ group }) => group === undefined);
  if (others.length < 2) return [...parts];
  const sum = (of: (part: Part) => number): number => others.reduce((total, part) => total + of(part), 0);
  return [...told, { bytes: sum(({ bytes }) => bytes), textBytes: sum(({ textBytes }) => textBytes) }];
};
