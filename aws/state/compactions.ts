/**
 * How far each bucket is compacted, and the facts of its segments. The facts of a day are written before
 * `compacted_to` passes it: a reader that has seen `compacted_to` finds them.
 */
import type { Objects } from '#aws/objects.ts';
import {
  type Compaction,
  isCompaction,
  isLeastCompacted,
  isMonthFacts,
  type LeastCompacted,
  noCompaction,
} from '#domain/compact/compaction.ts';
import type { DayFacts, MonthFacts } from '#domain/compact/facts.ts';
import {
  compactionKey,
  factsKey,
  factsPrefix,
  leastCompactedKey,
  monthOfFacts,
  progressKey,
  recentKey,
} from '#domain/compact/layout.ts';
import { type DayProgress, isDayProgress } from '#domain/compact/progress.ts';
import { isRecent, type Recent } from '#domain/compact/recent.ts';
import { decodeRecord, encodeRecord, isUnreadable, type RecordKind, readRecord } from './record.ts';

const cure = 'Delete it: its bucket is then compacted anew, and meanwhile read from the ledger';
const compactionRecord: RecordKind<Compaction> = { isWhole: isCompaction, cure };
const factsRecord: RecordKind<MonthFacts> = { isWhole: isMonthFacts, cure };
const progressRecord: RecordKind<DayProgress> = {
  isWhole: isDayProgress,
  cure: 'Delete it: its day begins anew',
};

const recentRecord: RecordKind<Recent> = { isWhole: isRecent, cure: 'compact writes it again' };

const leastRecord: RecordKind<LeastCompacted> = {
  isWhole: isLeastCompacted,
  cure: 'compact writes it again',
};

/** A record with the version that was read; no version if there is no record yet. */
export type Versioned<T> = { record: T; etag: string | undefined };

export class Compactions {
  readonly #state: Pick<Objects, 'get' | 'list' | 'replace'>;
  constructor(state: Pick<Objects, 'get' | 'list' | 'replace'>) {
    this.#state = state;
  }

  async get(bucket: number): Promise<Versioned<Compaction>> {
    const stored = await this.#state.get(compactionKey(bucket));
    return stored
      ? { record: readRecord(stored, compactionRecord), etag: stored.etag }
      : { record: noCompaction(bucket), etag: undefined };
  }

  /** False if the record is no longer the version in `before`. */
  put(record: Compaction, before: Versioned<Compaction>): Promise<boolean> {
    return this.#state.replace(compactionKey(record.bucket), encodeRecord(record), before.etag);
  }

  async month(bucket: number, month: string): Promise<Versioned<MonthFacts>> {
    const stored = await this.#state.get(factsKey(bucket, month));
    return stored
      ? { record: readRecord(stored, factsRecord), etag: stored.etag }
      : { record: { format: 1, bucket, month, days: [] }, etag: undefined };
  }

  /** False if the record is no longer the version in `before`. */
  putMonth(record: MonthFacts, before: Versioned<MonthFacts>): Promise<boolean> {
    return this.#state.replace(factsKey(record.bucket, record.month), encodeRecord(record), before.etag);
  }

  /** The first month that has a record of facts; undefined if there is none. */
  async firstMonth(bucket: number): Promise<string | undefined> {
    for await (const { key } of this.#state.list(factsPrefix(bucket))) {
      const month = monthOfFacts(key);
      if (month !== undefined) return month;
    }
    return undefined;
  }

  /** The finished runs of the day that is being compacted; undefined if there are none, or they cannot be read. */
  async progress(bucket: number): Promise<Versioned<DayProgress | undefined>> {
    const stored = await this.#state.get(progressKey(bucket));
    const record = stored && decodeRecord(stored, progressRecord);
    return { record: isUnreadable(record) ? undefined : record, etag: stored?.etag };
  }

  /** False if the record is no longer the version in `before`. */
  putProgress(record: DayProgress, before: Pick<Versioned<unknown>, 'etag'>): Promise<boolean> {
    return this.#state.replace(progressKey(record.bucket), encodeRecord(record), before.etag);
  }

  /** The runs of days that are not compacted yet; undefined if there are none, or they cannot be read. */
  async recent(bucket: number): Promise<Versioned<Recent | undefined>> {
    const stored = await this.#state.get(recentKey(bucket));
    const record = stored && decodeRecord(stored, recentRecord);
    return { record: isUnreadable(record) ? undefined : record, etag: stored?.etag };
  }

  /** False if the record is no longer the version in `before`. */
  putRecent(record: Recent, before: Pick<Versioned<unknown>, 'etag'>): Promise<boolean> {
    return this.#state.replace(recentKey(record.bucket), encodeRecord(record), before.etag);
  }

  /** How far every bucket is compacted, as the last run of compact left it; null if that is not known. */
  async least(): Promise<string | null> {
    return (await this.#least()).record?.compacted_to ?? null;
  }

  /** Writes it if it has changed; a run that is overtaken leaves it to the other. */
  async putLeast(compacted_to: string | null): Promise<void> {
    const { record, etag } = await this.#least();
    if (record?.compacted_to === compacted_to) return;
    const next: LeastCompacted = { format: 1, compacted_to };
    await this.#state.replace(leastCompactedKey, encodeRecord(next), etag);
  }

  async #least(): Promise<Versioned<LeastCompacted | undefined>> {
    const stored = await this.#state.get(leastCompactedKey);
    const record = stored && decodeRecord(stored, leastRecord);
    return { record: isUnreadable(record) ? undefined : record, etag: stored?.etag };
  }

  /** The facts of the days of these months, in their order. */
  async days(bucket: number, months: readonly string[]): Promise<DayFacts[]> {
    const days: DayFacts[] = [];
    for (const month of months) days.push(...(await this.month(bucket, month)).record.days);
    return days;
  }
}
