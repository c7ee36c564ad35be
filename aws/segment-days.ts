/**
 * What is known of the segments of each bucket, as the state has it. Facts are read once for each version of the
 * bucket's record: it changes whenever a day is compacted or taken back.
 */
import type { Compactions } from '#aws/state/compactions.ts';
import { orUnreadable, UnreadableRecord } from '#aws/state/record.ts';
import type { CompactedTo, DayFacts } from '#domain/compact/facts.ts';
import { monthOf } from '#domain/compact/layout.ts';
import { noRecent, type Recent } from '#domain/compact/recent.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';

type Facts = ReadonlyMap<string, DayFacts>;
type First = { version: string; date: string | undefined };
/** How far a bucket is compacted, in a version of its record. */
export type BucketCompaction = { bucket: number; compactedTo: CompactedTo; version: string };

/** Of segments, over all months. */
const keptSegments = 20_000;

export class SegmentDays {
  readonly #compactions: Pick<Compactions, 'get' | 'month' | 'firstMonth' | 'recent'>;
  readonly #onUnreadable: (error: UnreadableRecord) => void;
  readonly #months = new LeastRecentlyUsed<Facts | 'unknown'>(keptSegments);
  /** Of each bucket. */
  readonly #first = new Map<number, First>();

  /** A record of compacted days that cannot be read is reported: those days are then read from the ledger. */
  constructor(
    compactions: Pick<Compactions, 'get' | 'month' | 'firstMonth' | 'recent'>,
    onUnreadable: (error: UnreadableRecord) => void,
  ) {
    this.#compactions = compactions;
    this.#onUnreadable = onUnreadable;
  }

  async compaction(bucket: number): Promise<BucketCompaction> {
    const stored = await orUnreadable(this.#compactions.get(bucket));
    if (stored instanceof UnreadableRecord) {
      this.#onUnreadable(stored);
      return { bucket, compactedTo: undefined, version: '' };
    }
    return { bucket, compactedTo: stored.record.compacted_to, version: stored.etag ?? '' };
  }

  /**
   * The facts of a day that is compacted, undefined if nothing was filed on it; `unknown` if the record of its
   * month is missing or damaged.
   */
  async day(compaction: BucketCompaction, date: string): Promise<DayFacts | undefined | 'unknown'> {
    const known = await this.#month(compaction, monthOf(date));
    return known === 'unknown' ? known : known.get(date);
  }

  /**
   * The first day with segments, of which the ledger may have lost every object; undefined if there is none. If the
   * record of its month cannot be read, the first of that month.
   */
  async firstDay(compaction: BucketCompaction): Promise<string | undefined> {
    const { bucket, compactedTo, version } = compaction;
    if (compactedTo === undefined) return undefined;
    const known = this.#first.get(bucket);
    if (known?.version === version) return known.date;
    const month = await this.#compactions.firstMonth(bucket);
    const facts = month === undefined ? new Map() : await this.#month(compaction, month);
    const date = facts === 'unknown' ? `${month}-01` : [...facts.keys()].sort()[0];
    this.#first.set(bucket, { version, date });
    return date;
  }

  async #month({ bucket, version }: BucketCompaction, month: string): Promise<Facts | 'unknown'> {
    const key = `${bucket} ${month} ${version}`;
    const known = this.#months.get(key) ?? (await this.#read(bucket, month));
    const segments = known === 'unknown' ? 0 : [...known.values()].flatMap(segmentsOf).length;
    this.#months.set(key, known, 1 + segments);
    return known;
  }

  /** The segments of days that are not compacted; none if the record is missing or damaged. */
  async recent(bucket: number): Promise<Recent> {
    return (await this.#compactions.recent(bucket)).record ?? noRecent(bucket);
  }

  async #read(bucket: number, month: string): Promise<Facts | 'unknown'> {
    const stored = await orUnreadable(this.#compactions.month(bucket, month));
    if (stored instanceof UnreadableRecord) {
      this.#onUnreadable(stored);
      return 'unknown';
    }
    return stored.etag === undefined ? 'unknown' : new Map(stored.record.days.map(day => [day.date, day]));
  }
}

const segmentsOf = ({ lanes }: DayFacts) => Object.values(lanes).flatMap(({ segments }) => segments);
