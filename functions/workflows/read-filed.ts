/**
 * The rows of a scope in the order in which they were filed, straight from the ledger. Objects of a lane begin where
 * the one before has ended; a run of archive that was overtaken may leave another with the same rows, which have the
 * same `filed_at` and count once: within a bucket that is a row's own.
 */
import type { LedgerDays, LedgerObject } from '#aws/ledger-days.ts';
import type { LedgerRows } from '#aws/ledger-rows.ts';
import { lanes } from '#domain/archive/lane.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { dateOf, dayAfter, type Instant } from '#domain/time.ts';

export type FiledReader = {
  days: Pick<LedgerDays, 'objects'>;
  rows: Pick<LedgerRows, 'rows'>;
};

/** What is read: rows of a scope that were filed in `[from, to)`; everything before `to` is filed. */
export type FiledWindow = { bucket: number; scopeId: string; from: Instant; to: Instant };

export type FiledRow = { cells: Cells; bytes: number };
/** The next rows, in their order: with them, all that were filed before `upTo` have been given. */
export type FiledStretch = { upTo: Instant; rows: FiledRow[] };

const theBeginning: Instant = '0001-01-01T00:00:00.000000000Z';
const everything = { isWanted: () => true, mayHold: () => true, onRead: () => undefined };

export async function* readFiled(world: FiledReader, window: FiledWindow): AsyncGenerator<FiledStretch> {
  const { scopeId, from, to } = window;
  if (from >= to) return;
  let last = theBeginning;
  // A day's rows are in objects of that day.
  for (let date = dateOf(from); date <= dateOf(to); date = dayAfter(date)) {
    const objects = await objectsOf(world, window, date);
    let waiting: FiledRow[] = [];
    for (const [at, { key }] of objects.entries()) {
      const found = await world.rows.rows({ key }, { ...everything, selected: { scopeId } });
      waiting.push(...found.filter(row => filedAtOf(row) >= from && filedAtOf(row) < to));
      waiting.sort((a, b) => compare(filedAtOf(a), filedAtOf(b)));
      // Rows of the objects that follow were filed at their beginning or later.
      const upTo = objects[at + 1]?.firstFiledAt ?? nextDay(date, to);
      if (upTo <= from) continue;
      const next = waiting.findIndex(row => filedAtOf(row) >= upTo);
      const ready = next < 0 ? waiting : waiting.slice(0, next);
      waiting = next < 0 ? [] : waiting.slice(next);
      const rows: FiledRow[] = [];
      for (const row of ready) {
        if (filedAtOf(row) === last) continue;
        last = filedAtOf(row);
        rows.push(row);
      }
      yield { upTo: upTo < to ? upTo : to, rows };
    }
    if (objects.length === 0) yield { upTo: nextDay(date, to), rows: [] };
  }
}

export const filedAtOf = ({ cells }: FiledRow): Instant => cells.filed_at as Instant;
const compare = (a: Instant, b: Instant): number => (a < b ? -1 : a > b ? 1 : 0);

const nextDay = (date: string, to: Instant): Instant => {
  const start = `${dayAfter(date)}T00:00:00.000000000Z`;
  return start < to ? start : to;
};

/** The objects of a day that may hold rows of the window, those with the earliest rows first. */
const objectsOf = async (
  { days }: FiledReader,
  { bucket, from, to }: FiledWindow,
  date: string,
): Promise<LedgerObject[]> => {
  const found: LedgerObject[] = [];
  for (const lane of lanes) {
    const newestFirst = await days.objects({ lane, bucket, date }, to);
    // The last one that begins before the window may reach into it, as may others that begin with it.
    const before = newestFirst.find(({ firstFiledAt }) => firstFiledAt <= from)?.firstFiledAt;
    found.push(...newestFirst.filter(({ firstFiledAt }) => before === undefined || firstFiledAt >= before));
  }
  return found.sort((a, b) => compare(a.firstFiledAt, b.firstFiledAt));
};
