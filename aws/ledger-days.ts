/**
 * Lists the objects of the ledger by day. A day of which everything has been filed never changes, so its list is
 * kept; of the day that is still filled, only what is new is listed again.
 */
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { daysPrefix, parseObjectKey } from '#domain/archive/layout.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { withoutColons } from '#domain/object-key.ts';
import { dateOf, type Instant } from '#domain/time.ts';
import type { Objects } from './objects.ts';

export type LedgerObject = { key: string; bytes: number; firstFiledAt: Instant };
export type LedgerDay = { lane: Lane; bucket: number; date: string };

/** What is known of a day: every object of it whose first row was filed before `completeTo`. */
type Listed = { completeTo: Instant; objects: readonly LedgerObject[] };

const keptObjects = 300_000;

export class LedgerDays {
  readonly #ledger: Pick<Objects, 'list'>;
  readonly #days = new LeastRecentlyUsed<Listed>(keptObjects);
  readonly #listing = new Map<string, Promise<readonly LedgerObject[]>>();
  /** The first day of each lane of a bucket; it never changes once there is one. */
  readonly #first = new Map<string, string>();

  constructor(ledger: Pick<Objects, 'list'>) {
    this.#ledger = ledger;
  }

  /** The first day on which anything was filed in a bucket. */
  async firstDay(bucket: number): Promise<string | undefined> {
    const days = await Promise.all(lanes.map(lane => this.#firstDay(lane, bucket)));
    return days.filter(day => day !== undefined).sort()[0];
  }

  async #firstDay(lane: Lane, bucket: number): Promise<string | undefined> {
    const prefix = daysPrefix(lane, bucket, '');
    const known = this.#first.get(prefix);
    if (known !== undefined) return known;
    for await (const { key } of this.#ledger.list(prefix)) {
      const name = parseObjectKey(key);
      if (!name) continue;
      const date = dateOf(name.firstFiledAt);
      this.#first.set(prefix, date);
      return date;
    }
    return undefined;
  }

  /**
   * The objects of a day whose first row was filed before `completeTo`, the newest first. Everything that was
   * filed before that instant is in the ledger.
   */
  async objects({ lane, bucket, date }: LedgerDay, completeTo: Instant): Promise<readonly LedgerObject[]> {
    const prefix = `${daysPrefix(lane, bucket, date)}/`;
    const known = this.#days.get(prefix);
    if (known && (known.completeTo >= completeTo || date < dateOf(known.completeTo)))
      return known.objects.filter(({ firstFiledAt }) => firstFiledAt < completeTo);
    // Those who ask at the same time share one list.
    const id = `${prefix} ${completeTo}`;
    const listing = this.#listing.get(id) ?? this.#list(prefix, known, completeTo);
    this.#listing.set(id, listing);
    try {
      return await listing;
    } finally {
      this.#listing.delete(id);
    }
  }

  async #list(prefix: string, known: Listed | undefined, completeTo: Instant): Promise<LedgerObject[]> {
    const objects: LedgerObject[] = [];
    // Names begin with their time; those with colons, which earlier releases made, sort after those without.
    const after = known && prefix + withoutColons(known.completeTo).slice(0, -1);
    for await (const { key, bytes } of this.#ledger.list(prefix, after)) {
      const name = parseObjectKey(key);
      if (!name || name.firstFiledAt >= completeTo) continue;
      if (known && name.firstFiledAt < known.completeTo) continue;
      objects.push({ key, bytes, firstFiledAt: name.firstFiledAt });
    }
    const all = [...objects, ...(known?.objects ?? [])].sort(newestFirst);
    this.#days.set(prefix, { completeTo, objects: all }, all.length + 1);
    return all;
  }
}

const newestFirst = (a: LedgerObject, b: LedgerObject): number =>
  a.firstFiledAt !== b.firstFiledAt ? (a.firstFiledAt < b.firstFiledAt ? 1 : -1) : a.key < b.key ? 1 : -1;
