/** The pieces in which the rows of a day lie: the objects of the ledger. */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { RowQuery } from '#aws/ledger-rows.ts';
import { lanesOf } from '#domain/browse/days.ts';
import type { Cells } from '#domain/browse/filter.ts';
import type { Instant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';

/** A row with the cells that were asked for. */
export type FoundRow = { cells: Cells; bytes: number };

/** A part of a day that is read as a whole, by a key that stays the same. */
export type Piece = { key: string; firstFiledAt: Instant; rows(query: RowQuery): Promise<FoundRow[]> };

/** What is read: rows of these buckets that occurred in `[from, to]` and were filed before `completeTo`. */
export type DayQuery = {
  buckets: readonly number[];
  completeTo: Instant;
  from: Instant | undefined;
  to: Instant;
};

/** The first day on which anything was filed in these buckets; undefined if nothing was. */
export const firstDayOf = async (
  { days }: BrowseWorld,
  { buckets }: Pick<DayQuery, 'buckets'>,
): Promise<string | undefined> => {
  const first = await fewAtOnce(buckets, bucket => days.firstDay(bucket));
  return first.filter(day => day !== undefined).sort()[0];
};

/** The pieces of a day, those filed last first. */
export const piecesOf = async (
  { days, rows }: BrowseWorld,
  date: string,
  { buckets, completeTo, from, to }: DayQuery,
): Promise<Piece[]> => {
  const partitions = lanesOf(date, from, to).flatMap(lane => buckets.map(bucket => ({ lane, bucket, date })));
  const lists = await fewAtOnce(partitions, partition => days.objects(partition, completeTo));
  return lists
    .flat()
    .map(object => ({
      key: object.key,
      firstFiledAt: object.firstFiledAt,
      rows: (query: RowQuery) => rows.rows(object, query),
    }))
    .sort(lastFiledFirst);
};

const lastFiledFirst = (a: Piece, b: Piece): number =>
  a.firstFiledAt !== b.firstFiledAt ? (a.firstFiledAt < b.firstFiledAt ? 1 : -1) : a.key < b.key ? 1 : -1;
