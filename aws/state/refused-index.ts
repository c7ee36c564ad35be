/** The indexes of refused items: those that are open, by scope, and those that ended not long ago. */

import type { Objects } from '#aws/objects.ts';
import {
  endedRefusedOfPrefix,
  endedRefusedPrefix,
  openRefusedFrom,
  openRefusedOfPrefix,
  parseRefusedEntry,
  type RefusedEntry,
} from '#domain/refused/layout.ts';
import type { Instant } from '#domain/time.ts';

export type IndexedItem = RefusedEntry & { indexKey: string };

/** What an answer counts; `from` and `completeTo` save looking at what it does not. */
export type Counting = {
  /** The hash of a scope's id; undefined is all of them, and none. */
  scope: string | undefined;
  from: Instant | undefined;
  completeTo: Instant;
  isCounted(entry: RefusedEntry): boolean;
  /** No more are looked at. */
  atMost: number;
};

export class RefusedIndex {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  /** The entries of the open items of a scope by its hash, or of all, after a key of the index. */
  async *open(scope: string | undefined, after?: string, atMost?: number): AsyncGenerator<IndexedItem> {
    for await (const { key } of this.#state.list(openRefusedOfPrefix(scope), after, atMost)) {
      const entry = parseRefusedEntry(key);
      if (entry) yield { ...entry, indexKey: key };
    }
  }

  /**
   * The keys of the items that an answer has to count: those that are open, and those that ended too late for
   * it.
   */
  async counted({ scope, from, completeTo, isCounted, atMost }: Counting): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    const after = scope === undefined || from === undefined ? undefined : openRefusedFrom(scope, from);
    // The ended ones last: what ends meanwhile is in one of the two.
    for await (const entry of this.open(scope, after, atMost)) if (isCounted(entry)) keys.add(entry.key);
    for await (const { key } of this.#state.list(endedRefusedOfPrefix(scope), undefined, atMost)) {
      const entry = parseRefusedEntry(key);
      if (entry?.endedAt !== undefined && entry.endedAt >= completeTo && isCounted(entry))
        keys.add(entry.key);
    }
    return keys;
  }

  /** Drops the entries of what ended before a time: no export is as old as that. */
  async forgetEnded(before: Instant): Promise<void> {
    for await (const { key } of this.#state.list(endedRefusedPrefix)) {
      const endedAt = parseRefusedEntry(key)?.endedAt;
      if (endedAt !== undefined && endedAt < before) await this.#state.delete(key);
    }
  }
}
