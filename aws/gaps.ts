/** What was put aside instead of filed, as it stands in the state. */
import { type Gap, gapOfQuarantineKey, gapPrefixes, gapsOfOnFailure } from '#domain/gap.ts';
import { gapEndKey, onFailurePrefix } from '#domain/layout.ts';
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
        if (end) ends.set(key, (JSON.parse(end.bytes.toString()) as { ended_at: Instant }).ended_at);
      }
    }
    return ends;
  }
}
