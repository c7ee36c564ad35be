/**
 * What a statement reads: tables, lanes, buckets and days. A day of a bucket is read either from its segments or
 * from the ledger, never from both.
 *
 * An event was filed at most a day after it occurred, or it is in lane late; and at most 15 minutes before. So
 * lane ontime is read from the day before a window to the day after it, lane late from the day that it begins.
 */
import { eventsTable, segmentsTable } from '#domain/archive/columns.ts';
import { earliestFiling, type Lane, lastOntimeFiling } from '#domain/archive/lane.ts';
import { type GroupFacts, mayHold } from '#domain/compact/facts.ts';
import { dateOf, daysBetween, type Instant } from '#domain/time.ts';
import type { ExportFilter } from './filter.ts';

/** `[from, to)` in `occurred_at`; undefined means no limit. */
export type Slice = { from: Instant | undefined; to: Instant | undefined };

/** What an export reads: without a scope, everything. */
export type Selection = {
  scope: { id: string; bucket: number } | undefined;
  /** Every row was filed before this. */
  completeTo: Instant;
  /** What need not be read, by when it was filed; undefined for an export of what occurred in a window. */
  floors: Floors | undefined;
  filter?: ExportFilter | undefined;
  /** What the tables hold, over all buckets of the selection; undefined if that is not known. */
  known?: readonly KnownBuckets[] | undefined;
};

/**
 * Rows of lane ontime filed before `ontime`, and of lane late before `late`, are of no use; `late` undefined:
 * none is.
 */
export type Floors = { ontime: Instant | undefined; late: Instant | undefined; isLateRead: boolean };

/** A part of a day that is read or passed over as a whole; the objects of the ledger are one. */
export type Part = {
  /** As they are stored. */
  bytes: number;
  /** Of the stored lines. */
  textBytes: number;
  /** If it is a row group, or several that are not told apart if it is absent. */
  group?: GroupFacts;
};

/** A day of a lane on which something was filed. `objects` counts objects or segments. */
export type KnownDay = { date: string; objects: number; parts: readonly Part[] };
export type KnownLanes = Readonly<Record<Lane, readonly KnownDay[]>>;

/** Buckets that are compacted up to the same day: the days up to it, and those after it, each in their order. */
export type KnownBuckets = {
  buckets: readonly number[];
  /** Whether they are all buckets of the installation. */
  areAll: boolean;
  segments: KnownLanes;
  ledger: KnownLanes;
};

/** The days whose partitions may hold rows of a slice, for each lane; `first` undefined is the beginning. */
export type Days = { lane: Lane; first: string | undefined; last: string };

/** Days from `first` to `last`, both included; or just some days. */
export type DayBounds = { first: string | undefined; last: string } | { dates: readonly string[] };

/** What one select of a statement reads. `buckets` undefined means all. */
export type Read = {
  table: typeof eventsTable | typeof segmentsTable;
  lane: Lane;
  buckets: readonly number[] | undefined;
  days: DayBounds;
  objects: number;
  bytes: number;
};

/** Of two instants, or of two days. */
const latest = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined ? b : b === undefined || a > b ? a : b;

export const daysRead = ({ completeTo, floors }: Selection, { from, to }: Slice): Days[] => {
  const lastFiling = to === undefined ? undefined : lastOntimeFiling(to);
  const lastOntime = lastFiling !== undefined && lastFiling < completeTo ? lastFiling : completeTo;
  const firstOntime = latest(from && earliestFiling(from), floors?.ontime);
  const firstLate = latest(from, floors?.late);
  const days = (lane: Lane, from: Instant | undefined, to: Instant): Days => {
    const [first, last] = [from && dateOf(from), dateOf(to)];
    return { lane, first: first !== undefined && first > last ? last : first, last };
  };
  return [
    days('ontime', firstOntime, lastOntime),
    ...(floors && !floors.isLateRead ? [] : [days('late', firstLate, completeTo)]),
  ];
};

/** The selects of the statement of a slice; at least one. */
export const readsOf = (selection: Selection, slice: Slice): Read[] => {
  const { scope, known } = selection;
  const days = daysRead(selection, slice);
  const ofLedger = ({ lane, first, last }: Days): Read => ({
    table: eventsTable,
    lane,
    buckets: scope && [scope.bucket],
    days: { first, last },
    objects: 0,
    bytes: 0,
  });
  if (!known) return days.map(ofLedger);
  const reads = days.flatMap(of => known.flatMap(some => knownReads(selection, slice, { of, some })));
  // A statement has to have a select, and this one finds nothing.
  const [{ lane, last }] = days as [Days];
  return reads.length > 0 ? reads : [ofLedger({ lane, first: last, last })];
};

const knownReads = (
  { scope }: Selection,
  slice: Slice,
  { of: { lane, first, last }, some }: { of: Days; some: KnownBuckets },
): Read[] =>
  ([segmentsTable, eventsTable] as const).flatMap(table => {
    const lanes = table === segmentsTable ? some.segments : some.ledger;
    const held = lanes[lane]
      .filter(({ date }) => (first === undefined || date >= first) && date <= last)
      .map(day => ({
        ...day,
        parts: day.parts.filter(({ group }) => group === undefined || mayHold(group, scope?.id, slice)),
      }))
      .filter(({ parts }) => parts.length > 0);
    if (held.length === 0) return [];
    const days = boundsOf(held.map(({ date }) => date));
    const bytes = held.reduce((sum, { parts }) => sum + bytesOf(parts), 0);
    const objects = held.reduce((sum, day) => sum + day.objects, 0);
    return bucketsOf(some, days).map((buckets, n) => ({
      table,
      lane,
      buckets,
      days,
      ...(n === 0 ? { objects, bytes } : { objects: 0, bytes: 0 }),
    }));
  });

const bytesOf = (parts: readonly Part[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

/** So many days are named one by one if days between them need not be read. */
const mostNamedDays = 31;

const boundsOf = (dates: readonly string[]): DayBounds => {
  const [first, last] = [dates[0]!, dates.at(-1)!];
  const isSparse = dates.length <= mostNamedDays && dates.length < daysBetween(first, last);
  return isSparse ? { dates } : { first, last };
};

/**
 * Athena reads at most a million partitions of a table at once.
 * https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
 */
export const maxPartitions = 500_000;

/** The buckets of each select, so that none reads too many partitions. */
const bucketsOf = ({ buckets, areAll }: KnownBuckets, days: DayBounds): (readonly number[] | undefined)[] => {
  const count = 'dates' in days ? days.dates.length : daysBetween(days.first!, days.last);
  const most = Math.max(1, Math.floor(maxPartitions / count));
  if (buckets.length <= most) return [areAll ? undefined : buckets];
  return Array.from({ length: Math.ceil(buckets.length / most) }, (_, n) =>
    buckets.slice(n * most, (n + 1) * most),
  );
};
