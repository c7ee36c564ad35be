/**
 * Reads the ledger: the sizes of its days, by which exports are planned and estimated, and the late rows of a
 * window. Months are listed concurrently, a few at a time; objects are read one after another.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Lane } from '#domain/archive/lane.ts';
import { daysPrefix, firstDate, type ParsedObjectKey, parseObjectKey } from '#domain/archive/layout.ts';
import { dateOf, type Instant, monthsBetween } from '#domain/time.ts';
import { readLedgerText, unreadable } from './ledger-text.ts';
import type { Objects, StoredObject } from './objects.ts';

/** What was filed in a lane on a day, over the buckets asked. */
export type DaySize = { lane: Lane; date: string; objects: number; bytes: number };

/** Days from `first` to `last`, both included; `first` undefined is the beginning of the log. */
export type DayRange = { first: string | undefined; last: string };

export class Ledger {
  readonly #objects: Pick<Objects, 'list' | 'get'>;
  constructor(objects: Pick<Objects, 'list' | 'get'>) {
    this.#objects = objects;
  }

  /** The days of these buckets on which anything was filed, in their order; of each lane those in its range. */
  async sizes(
    buckets: readonly number[],
    ranges: readonly (DayRange & { lane: Lane })[],
  ): Promise<DaySize[]> {
    const lists = ranges.flatMap(range => buckets.flatMap(bucket => monthLists(range.lane, bucket, range)));
    const days = new Map<string, DaySize>();
    await fewAtOnce(lists, async list => {
      for await (const { name, bytes } of this.#objectsOf(list)) {
        const date = dateOf(name.firstFiledAt);
        const id = `${name.lane} ${date}`;
        const day = days.get(id) ?? { lane: name.lane, date, objects: 0, bytes: 0 };
        days.set(id, day);
        day.objects += 1;
        day.bytes += bytes;
      }
    });
    return [...days.values()].sort((a, b) => (a.date < b.date ? -1 : Number(a.date > b.date)));
  }

  /** The objects of one day of a lane, in the order of their first `filed_at`. */
  async keysOf(lane: Lane, bucket: number, date: string): Promise<string[]> {
    const found: { key: string; at: Instant }[] = [];
    for (const list of monthLists(lane, bucket, { first: date, last: date }))
      for await (const { key, name } of this.#objectsOf(list)) found.push({ key, at: name.firstFiledAt });
    const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    return found.sort((a, b) => compare(a.at, b.at) || compare(a.key, b.key)).map(({ key }) => key);
  }

  /** The first day of the range on which anything was filed in the lane; undefined if there is none. */
  async firstDay(lane: Lane, bucket: number, range: DayRange): Promise<string | undefined> {
    for (const list of monthLists(lane, bucket, range))
      for await (const { name } of this.#objectsOf(list)) return dateOf(name.firstFiledAt);
    return undefined;
  }

  /**
   * The smallest `occurred_at` among the rows of a scope that were filed late in `[from, to)`, on the day `first`
   * or later; undefined if there are no such rows. `from` undefined means the beginning of the log.
   */
  async leastLate(
    { id, bucket }: { id: string; bucket: number },
    { from, to }: { from: Instant | undefined; to: Instant },
    first?: string,
  ): Promise<Instant | undefined> {
    let least: Instant | undefined;
    const fromDate = from && dateOf(from);
    const start = first === undefined || (fromDate !== undefined && fromDate > first) ? fromDate : first;
    for (const list of monthLists('late', bucket, { first: start, last: dateOf(to) }))
      for await (const { key, name } of this.#objectsOf(list)) {
        if (name.firstFiledAt >= to) continue;
        const object = await this.#objects.get(key);
        for (const row of await rowsOf(object!)) {
          if (row.scope_id !== id || row.filed_at >= to || (from !== undefined && row.filed_at < from))
            continue;
          if (least === undefined || row.occurred_at < least) least = row.occurred_at;
        }
      }
    return least;
  }

  /** Keys sort by their days, so the list ends with the last one. */
  async *#objectsOf({ prefix, after, last }: MonthList): AsyncGenerator<ListedLedgerObject> {
    for await (const { key, bytes } of this.#objects.list(prefix, after)) {
      const name = parseObjectKey(key);
      if (!name) continue;
      if (dateOf(name.firstFiledAt) > last) return;
      yield { key, bytes, name };
    }
  }
}

type ListedLedgerObject = { key: string; bytes: number; name: ParsedObjectKey };
/** The objects of a month, after a key and up to a day. */
type MonthList = { prefix: string; after: string | undefined; last: string };

const monthLists = (lane: Lane, bucket: number, { first, last }: DayRange): MonthList[] => {
  const from = first === undefined || first < firstDate ? firstDate : first;
  return monthsBetween(from, last).map(month => ({
    prefix: daysPrefix(lane, bucket, month),
    // What is listed of a day is longer than the day.
    after: from.startsWith(month) ? daysPrefix(lane, bucket, from) : undefined,
    last,
  }));
};

type LateRow = { scope_id?: string; occurred_at: Instant; filed_at: Instant };

const rowsOf = async (object: Pick<StoredObject, 'bytes' | 'place'>): Promise<LateRow[]> => {
  const text = await readLedgerText(object);
  try {
    return text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as LateRow);
  } catch {
    // The parser's own message is not used: it quotes the content.
    throw unreadable(object.place, 'it does not contain gzipped rows');
  }
};
