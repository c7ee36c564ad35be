/**
 * Records that were put aside instead of filed. They are in the bucket aside; earlier releases put them into
 * the state under the same keys, where they stay readable. How a gap ended is recorded in the state, and that
 * record outlives the records that were put aside: see docs/decisions/0011-the-place-aside.md.
 */
import { createHash } from 'node:crypto';
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import {
  causePrefixes,
  type Gap,
  type GapEnd,
  type GapEndRecord,
  gapPrefixes,
  gapsOfCause,
  gapsOfEnd,
  isCause,
  type Redrive,
} from '#domain/archive/gap.ts';
import {
  causeOfGapEndKey,
  causeOfRedriveKey,
  gapEndKey,
  gapEndsPrefix,
  onFailurePrefix,
  redriveKey,
  redrivesPrefix,
} from '#domain/archive/layout.ts';
import { type Instant, instantOfMilliseconds, isInstant } from '#domain/time.ts';
import { decodeRecord, encodeRecord, isUnreadable, type RecordKind, readRecord } from './record.ts';

const endRecord: RecordKind<GapEndRecord> = {
  isWhole: ({ ended_at }) => typeof ended_at === 'string' && isInstant(ended_at),
  cure: 'Restore it from a copy',
};
const redriveRecord: RecordKind<Redrive> = {
  isWhole: ({ positions }) => Array.isArray(positions),
  cure: 'Redrive the gap again, which replaces it',
};

/** An object that was put aside, and the place that holds it. */
type Cause = { key: string; writtenAt: Instant; place: Objects };

export class Gaps {
  readonly #aside: Objects;
  readonly #state: Objects;
  readonly #buckets: number;
  constructor(aside: Objects, state: Objects, buckets: number) {
    this.#aside = aside;
    this.#state = state;
    this.#buckets = buckets;
  }

  /** Every gap that may affect these buckets, ended or not. */
  async of(buckets: readonly number[]): Promise<Gap[]> {
    const gaps: Gap[] = [];
    const ends = await this.#ends(buckets);
    for (const prefix of gapPrefixes(buckets))
      for await (const { key, writtenAt, place } of this.#causes(prefix)) {
        const isRead = prefix === onFailurePrefix;
        const text = isRead ? ((await place.get(key))?.bytes.toString() ?? '') : '';
        const endedAt = ends.get(key)?.ended_at;
        gaps.push(...gapsOfCause(key, text, writtenAt, this.#buckets).map(gap => ({ ...gap, endedAt })));
        ends.delete(key);
      }
    for (const [cause, end] of ends) gaps.push(...gapsOfEnd(cause, end));
    return gaps;
  }

  /** How gaps ended, by cause. Most gaps are open, so ends are listed rather than read one by one. */
  async #ends(buckets: readonly number[]): Promise<Map<string, GapEndRecord>> {
    const causes: string[] = [];
    for (const prefix of gapPrefixes(buckets))
      for await (const { key } of this.#state.list(gapEndKey(prefix))) causes.push(causeOfGapEndKey(key));
    const ends = await fewAtOnce(causes, async cause => ({ cause, end: await this.#endRecord(cause) }));
    return new Map(ends.flatMap(({ cause, end }) => (end ? [[cause, end] as const] : [])));
  }

  /**
   * The objects in both places below a prefix and after a key, in the order of keys; an object in both places
   * is yielded once.
   */
  async *#causes(prefix: string, after?: string): AsyncGenerator<Cause> {
    const lists = [this.#aside, this.#state].map(place => ({ place, items: place.list(prefix, after) }));
    const heads = await Promise.all(
      lists.map(async ({ place, items }) => ({ place, items, head: (await items.next()).value })),
    );
    for (;;) {
      const keys = heads.flatMap(({ head }) => (head ? [head.key] : []));
      const least = keys.sort()[0];
      if (least === undefined) return;
      let isGiven = false;
      for (const each of heads) {
        if (each.head?.key !== least) continue;
        const writtenAt = instantOfMilliseconds(each.head.writtenAt.getTime());
        if (!isGiven) yield { key: least, writtenAt, place: each.place };
        isGiven = true;
        each.head = (await each.items.next()).value;
      }
    }
  }

  /** The keys of the objects of open gaps after a key, the oldest of each kind first. */
  async *open(after?: string): AsyncGenerator<string> {
    const first = causePrefixes.findIndex(prefix => after?.startsWith(prefix));
    for (const [at, prefix] of causePrefixes.entries()) {
      if (at < first) continue;
      yield* this.#openBelow(prefix, at === first ? after : undefined);
    }
  }

  /**
   * Causes and ends are listed in parallel, both in the order of causes, so nothing before `after` is read.
   */
  async *#openBelow(prefix: string, after: string | undefined): AsyncGenerator<string> {
    const ends = this.#state.list(gapEndKey(prefix), after && gapEndKey(after));
    const nextEnd = async (): Promise<string | undefined> => {
      const { value } = await ends.next();
      return value ? causeOfGapEndKey(value.key) : undefined;
    };
    let end = await nextEnd();
    for await (const { key } of this.#causes(prefix, after)) {
      while (end !== undefined && end < key) end = await nextEnd();
      if (end !== key) yield key;
    }
  }

  async #find(cause: string): Promise<Buffer | undefined> {
    if (!isCause(cause)) return undefined;
    return ((await this.#aside.get(cause)) ?? (await this.#state.get(cause)))?.bytes;
  }

  /** The content at a cause; undefined if nothing was put aside there or it has been deleted. */
  async read(cause: string): Promise<string | undefined> {
    return (await this.#find(cause))?.toString();
  }

  async #endRecord(cause: string): Promise<GapEndRecord | undefined> {
    const stored = await this.#state.get(gapEndKey(cause));
    const record = stored && decodeRecord(stored, endRecord);
    if (!isUnreadable(record)) return record;
    // The gap has ended; the time is unknown, but it was before this record was written.
    return {
      ended_at: instantOfMilliseconds(stored!.writtenAt.getTime()),
      how: 'dismissed',
      by: 'unknown',
      reason: `The record of the end is damaged: ${stored!.place}`,
    };
  }

  async endOf(cause: string): Promise<GapEnd | undefined> {
    const end = isCause(cause) ? await this.#endRecord(cause) : undefined;
    return end && { ended_at: end.ended_at, how: end.how, by: end.by, reason: end.reason };
  }

  /**
   * Ends a gap; only the first end counts. The record holds what must be known after the object is deleted.
   */
  async end(cause: string, end: GapEnd): Promise<void> {
    const bytes = await this.#find(cause);
    const gaps: Gap[] = [];
    for await (const { key, writtenAt } of this.#causes(cause))
      if (key === cause) gaps.push(...gapsOfCause(key, bytes?.toString() ?? '', writtenAt, this.#buckets));
    const record: GapEndRecord = {
      ...end,
      gaps: gaps.map(({ bucket, filedAt }) => ({ bucket: bucket ?? null, filed_at: filedAt })),
      ...(bytes === undefined ? {} : { sha256: createHash('sha256').update(bytes).digest('hex') }),
    };
    await this.#state.create(gapEndKey(cause), encodeRecord(record));
  }

  /**
   * Deletes objects of gaps that ended before a time. Never deletes an open gap, nor one whose end does not
   * say what it hid. Objects in the state stay, since nothing is deleted there.
   */
  async forgetEnded(before: Date): Promise<void> {
    const ended = new Set<string>();
    for await (const { key, writtenAt } of this.#state.list(gapEndsPrefix))
      if (writtenAt < before) ended.add(causeOfGapEndKey(key));
    if (ended.size === 0) return;
    for (const prefix of causePrefixes)
      for await (const { key } of this.#aside.list(prefix))
        if (ended.has(key) && (await this.#endRecord(key))?.gaps !== undefined) await this.#aside.delete(key);
  }

  /**
   * Records that the records of a gap are back on the stream; returns `exists` if that is already recorded.
   */
  async startRedrive(cause: string, redrive: Redrive): Promise<'created' | 'exists'> {
    const key = redriveKey(cause);
    const stored = await this.#state.get(key);
    // A damaged record is replaced: a second redrive does that.
    if (stored && isUnreadable(decodeRecord(stored, redriveRecord)))
      return (await this.#state.replace(key, encodeRecord(redrive), stored.etag)) ? 'created' : 'exists';
    return this.#state.create(key, encodeRecord(redrive));
  }

  /** Throws `UnreadableRecord` if the record is damaged. */
  async redriveOf(cause: string): Promise<Redrive | undefined> {
    const stored = await this.#state.get(redriveKey(cause));
    return stored && readRecord(stored, redriveRecord);
  }

  /** The causes whose records are back on the stream but not known to be filed. */
  async *redriven(): AsyncGenerator<string> {
    for await (const { key } of this.#state.list(redrivesPrefix)) yield causeOfRedriveKey(key);
  }

  /** Deletes the redrive of a gap that has ended. */
  finishRedrive(cause: string): Promise<void> {
    return this.#state.delete(redriveKey(cause));
  }
}
