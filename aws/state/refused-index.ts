/** The indexes of refused items: the open ones by scope, and the recently ended ones. */

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

/** What an answer counts; `from` and `completeTo` limit what is read. */
export type Counting = {
  /** The hash of a scope's id; undefined means all items, with or without a scope. */
  scope: string | undefined;
  from: Instant | undefined;
  completeTo: Instant;
  isCounted(entry: RefusedEntry): boolean;
  /** At most this many entries are read. */
  atMost: number;
};

export class RefusedIndex {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  /** The entries of open items after a key of the index: of one scope (given by its hash), or of all. */
  async *open(scope: string | undefined, after?: string, atMost?: number): AsyncGenerator<IndexedItem> {
    for await (const { key } of this.#state.list(openRefusedOfPrefix(scope), after, atMost)) {
      const entry = parseRefusedEntry(key);
      if (entry) yield { ...entry, indexKey: key };
    }
  }

  /**
   * The keys of the items that an answer must count: those that are open, and those that ended after what it
   * covers.
   */
  async counted({ scope, from, completeTo, isCounted, atMost }: Counting): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    const after = scope === undefined || from === undefined ? undefined : openRefusedFrom(scope, from);
    // The ended items are listed last, so an item that ends meanwhile is in at least one of the two lists.
    for await (const entry of this.open(scope, after, atMost)) if (isCounted(entry)) keys.add(entry.key);
    for await (const { key } of this.#state.list(endedRefusedOfPrefix(scope), undefined, atMost)) {
      const entry = parseRefusedEntry(key);
      if (entry?.endedAt !== undefined && entry.endedAt >= completeTo && isCounted(entry))
        keys.add(entry.key);
    }
    return keys;
  }

  /** Drops the entries of items that ended before a time; every export is younger than that. */
  async forgetEnded(before: Instant): Promise<void> {
    for await (const { key } of this.#state.list(endedRefusedPrefix)) {
      const endedAt = parseRefusedEntry(key)?.endedAt;
      if (endedAt !== undefined && endedAt < before) await this.#state.delete(key);
    }
  }
}
