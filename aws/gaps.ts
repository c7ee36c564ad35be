/**
 * What was put aside instead of filed, as it stands in the state. Nothing of it is ever deleted: a gap ends by a
 * record of its own.
 */
import {
  causePrefixes,
  type Gap,
  type GapEnd,
  gapOfQuarantineKey,
  gapPrefixes,
  gapsOfOnFailure,
  type Redrive,
} from '#domain/gap.ts';
import {
  causeOfRedriveKey,
  gapEndKey,
  gapEndsPrefix,
  onFailurePrefix,
  redriveKey,
  redrivesPrefix,
} from '#domain/layout.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { Objects } from './objects.ts';

export class Gaps {
  readonly #state: Objects;
  readonly #buckets: number;
  constructor(state: Objects, buckets: number) {
    this.#state = state;
    this.#buckets = buckets;
  }

  /** Every gap that may lie in these buckets, ended or not. */
  async of(buckets: readonly number[]): Promise<Gap[]> {
    const gaps: Gap[] = [];
    for (const prefix of gapPrefixes(buckets)) {
      for await (const { key, writtenAt } of this.#state.list(prefix)) {
        if (prefix === onFailurePrefix) {
          const object = await this.#state.get(key);
          const text = object?.bytes.toString() ?? '';
          gaps.push(...gapsOfOnFailure(key, text, instantOfMilliseconds(writtenAt.getTime()), this.#buckets));
        } else {
          const gap = gapOfQuarantineKey(key);
          if (gap) gaps.push(gap);
        }
      }
    }
    const ends = await this.#ends(buckets);
    return gaps.map(gap => ({ ...gap, endedAt: ends.get(gapEndKey(gap.cause)) }));
  }

  /** When gaps ended, by the keys of their ends. Most have none, so these are listed and not asked for one by one. */
  async #ends(buckets: readonly number[]): Promise<Map<string, Instant>> {
    const ends = new Map<string, Instant>();
    for (const prefix of gapPrefixes(buckets)) {
      for await (const { key } of this.#state.list(gapEndKey(prefix))) {
        const end = await this.#state.get(key);
        if (end) ends.set(key, (JSON.parse(end.bytes.toString()) as GapEnd).ended_at);
      }
    }
    return ends;
  }

  /** The keys of what was put aside and has not ended, the oldest of each kind first. */
  async *open(): AsyncGenerator<string> {
    const ended = new Set<string>();
    for await (const { key } of this.#state.list(gapEndsPrefix)) ended.add(key);
    for (const prefix of causePrefixes)
      for await (const { key } of this.#state.list(prefix)) if (!ended.has(gapEndKey(key))) yield key;
  }

  /** What lies at a cause; undefined where nothing was put aside there. */
  async read(cause: string): Promise<string | undefined> {
    if (!causePrefixes.some(prefix => cause.startsWith(prefix))) return undefined;
    return (await this.#state.get(cause))?.bytes.toString();
  }

  async endOf(cause: string): Promise<GapEnd | undefined> {
    const stored = await this.#state.get(gapEndKey(cause));
    return stored && (JSON.parse(stored.bytes.toString()) as GapEnd);
  }

  /** Ends a gap; of two ends the first counts. */
  async end(cause: string, end: GapEnd): Promise<void> {
    await this.#state.create(gapEndKey(cause), encode(end));
  }

  /** Records that what a gap hides is on the stream again; `exists` where that is so already. */
  startRedrive(cause: string, redrive: Redrive): Promise<'created' | 'exists'> {
    return this.#state.create(redriveKey(cause), encode(redrive));
  }

  async redriveOf(cause: string): Promise<Redrive | undefined> {
    const stored = await this.#state.get(redriveKey(cause));
    return stored && (JSON.parse(stored.bytes.toString()) as Redrive);
  }

  /** The causes that are on the stream again and not known to be filed. */
  async *redriven(): AsyncGenerator<string> {
    for await (const { key } of this.#state.list(redrivesPrefix)) yield causeOfRedriveKey(key);
  }

  /** Forgets a redrive whose gap has ended. */
  finishRedrive(cause: string): Promise<void> {
    return this.#state.delete(redriveKey(cause));
  }
}

const encode = (record: GapEnd | Redrive): Buffer => Buffer.from(`${JSON.stringify(record)}\n`);
