/**
 * Proves that two ledgers have the same objects with the same bytes: both are read whole, counted and hashed by day.
 * The hash of a day is the sum, modulo 2^256, of the SHA-256 of each object's key and bytes, so the order is of no
 * importance; hashes are never XORed, since the same object twice would cancel itself.
 */
import { createHash } from 'node:crypto';
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { eventsPrefix, parseObjectKey } from '#domain/archive/layout.ts';
import { dateOf, type Instant } from '#domain/time.ts';
import { inBatches } from './copy-objects.ts';

export type DaySum = { date: string; objects: number; bytes: number; sha256_sum: string };

const atOnce = 8;
const modulus = 2n ** 256n;

class DaySums {
  readonly #days = new Map<string, { objects: number; bytes: number; sum: bigint }>();

  add(key: string, bytes: Buffer): void {
    const name = parseObjectKey(key);
    const date = name ? dateOf(name.firstFiledAt) : '';
    const day = this.#days.get(date) ?? { objects: 0, bytes: 0, sum: 0n };
    const digest = createHash('sha256').update(`${key}\0`).update(bytes).digest('hex');
    day.objects += 1;
    day.bytes += bytes.length;
    day.sum = (day.sum + BigInt(`0x${digest}`)) % modulus;
    this.#days.set(date, day);
  }

  list(): DaySum[] {
    return [...this.#days]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([date, { objects, bytes, sum }]) => ({
        date,
        objects,
        bytes,
        sha256_sum: sum.toString(16).padStart(64, '0'),
      }));
  }
}

export type Comparison = {
  days: DaySum[];
  /** The days on which the second ledger is not the first. */
  differing: string[];
};

/**
 * Compares the ledgers. Objects of the second alone that were filed after `upTo` are not compared: the stack may have
 * filed what Annals records about itself.
 */
export const compareDays = async (
  from: Objects,
  to: Objects,
  upTo: Instant,
  compared: (objects: number) => void,
): Promise<Comparison> => {
  const [ofFrom, ofTo] = [new DaySums(), new DaySums()];
  const known = new Set<string>();
  const read = async (ledger: Objects, keys: readonly string[], sums: DaySums): Promise<void> => {
    await fewAtOnce(
      keys,
      async key => {
        const object = await ledger.get(key);
        if (object) sums.add(key, object.bytes);
      },
      atOnce,
    );
    compared(keys.length);
  };
  for await (const listed of inBatches(from.list(eventsPrefix))) {
    const keys = listed.map(({ key }) => key);
    for (const key of keys) known.add(digits(key));
    await read(from, keys, ofFrom);
  }
  for await (const listed of inBatches(to.list(eventsPrefix)))
    await read(
      to,
      listed.map(({ key }) => key).filter(key => known.has(digits(key)) || !isLater(key, upTo)),
      ofTo,
    );
  const days = ofFrom.list();
  const others = new Map(ofTo.list().map(day => [day.date, day]));
  const differing = days.filter(day => !isSame(day, others.get(day.date))).map(({ date }) => date);
  const dates = new Set(days.map(({ date }) => date));
  return { days, differing: [...differing, ...[...others.keys()].filter(date => !dates.has(date))] };
};

/** A key in few bytes: a ledger may have millions. */
const digits = (key: string): string => createHash('sha256').update(key).digest('base64').slice(0, 22);

const isSame = (a: DaySum, b: DaySum | undefined): boolean =>
  b !== undefined && a.objects === b.objects && a.bytes === b.bytes && a.sha256_sum === b.sha256_sum;

const isLater = (key: string, instant: Instant): boolean => {
  const name = parseObjectKey(key);
  return name !== undefined && name.firstFiledAt > instant;
};
