/** What was put aside instead of filed, as it stands in the state. */
import { type Gap, gapOfQuarantineKey, gapPrefixes, gapsOfOnFailure } from '#domain/gap.ts';
import { gapEndKey, onFailurePrefix } from '#domain/layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
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
    return Promise.all(gaps.map(gap => this.#withEnd(gap)));
  }

  async #withEnd(gap: Gap): Promise<Gap> {
    const end = await this.#state.get(gapEndKey(gap.cause));
    return end
      ? { ...gap, endedAt: (JSON.parse(end.bytes.toString()) as { ended_at: string }).ended_at }
      : gap;
  }
}
