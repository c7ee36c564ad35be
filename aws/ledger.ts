/**
 * Reads the ledger: the sizes of its days, by which exports are planned and estimated, and the late rows of a
 * window. Months are listed concurrently, a few at a time; objects are read one after another.
 */

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { UnreadableRecord } from '#aws/state/record.ts';
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { daysPrefix, firstDate, parseObjectKey } from '#domain/archive/layout.ts';
import type { DaySize } from '#domain/export/slices.ts';
import { dateOf, type Instant } from '#domain/time.ts';
import type { Objects, StoredObject } from './objects.ts';

/** The months from one day to another, as `YYYY-MM`. */
const monthsBetween = (first: string, last: string): string[] => {
  const months: string[] = [];
  for (let month = first.slice(0, 7); month <= last.slice(0, 7); ) {
    months.push(month);
    const [year, number] = month.split('-').map(Number) as [number, number];
    month = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  }
  return months;
};

export class Ledger {
  readonly #objects: Pick<Objects, 'list' | 'get'>;
  constructor(objects: Pick<Objects, 'list' | 'get'>) {
    this.#objects = objects;
  }

  /** The days of these buckets from `first` to `last`, both included. */
  async sizes(buckets: readonly number[], first: string | undefined, last: string): Promise<DaySize[]> {
    const from = first === undefined || first < firstDate ? firstDate : first;
    const prefixes = lanes.flatMap(lane =>
      buckets.flatMap(bucket => monthsBetween(from, last).map(month => daysPrefix(lane, bucket, month))),
    );
    const days = new Map<string, DaySize>();
    await fewAtOnce(prefixes, async prefix => {
      for await (const { key, bytes } of this.#objects.list(prefix)) {
        const name = parseObjectKey(key);
        const date = name && dateOf(name.firstFiledAt);
        if (!name || date === undefined || date < from || date > last) continue;
        const id = `${name.lane} ${date}`;
        const day = days.get(id) ?? { lane: name.lane, date, objects: 0, bytes: 0 };
        days.set(id, day);
        day.objects += 1;
        day.bytes += bytes;
      }
    });
    return [...days.values()];
  }

  /**
   * The smallest `occurred_at` among the rows of a scope that were filed late in `[from, to)`; undefined if
   * there are no such rows. `from` undefined means the beginning of the log.
   */
  async leastLate(
    scopeId: string,
    bucket: number,
    from: Instant | undefined,
    to: Instant,
  ): Promise<Instant | undefined> {
    let least: Instant | undefined;
    const late: Lane = 'late';
    const first = from === undefined || dateOf(from) < firstDate ? firstDate : dateOf(from);
    for (const month of monthsBetween(first, dateOf(to)))
      for await (const { key } of this.#objects.list(daysPrefix(late, bucket, month))) {
        const name = parseObjectKey(key);
        if (!name || dateOf(name.firstFiledAt) < first || name.firstFiledAt >= to) continue;
        const object = await this.#objects.get(key);
        for (const row of await rowsOf(object!)) {
          if (row.scope_id !== scopeId || row.filed_at >= to || (from !== undefined && row.filed_at < from))
            continue;
          if (least === undefined || row.occurred_at < least) least = row.occurred_at;
        }
      }
    return least;
  }
}

type LateRow = { scope_id?: string; occurred_at: Instant; filed_at: Instant };

const rowsOf = async ({ bytes, place }: Pick<StoredObject, 'bytes' | 'place'>): Promise<LateRow[]> => {
  try {
    const text = (await promisify(gunzip)(bytes)).toString('utf8');
    return text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as LateRow);
  } catch {
    // The parser's own message is not used: it quotes the content.
    throw new UnreadableRecord(
      place,
      'it does not contain gzipped rows',
      'Restore it from a copy; "annals check" finds what else is damaged',
    );
  }
};
