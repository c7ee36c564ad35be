/**
 * Reads rows of the ledger's objects. Objects never change, so what was read is kept: the text of those read last,
 * and of many more when the rows of each scope occurred, so that an object without wanted rows is read once.
 */
import { indexOfText, rowsOfText, spanOf, type TextIndex } from '#domain/browse/filed-text.ts';
import type { TimeSpan } from '#domain/compact/facts.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import type { Instant } from '#domain/time.ts';
import type { LedgerObject } from './ledger-days.ts';
import { readLedgerText, unreadable } from './ledger-text.ts';
import type { Objects } from './objects.ts';

const keptTextUnits = 48 * 1024 * 1024;
/** Of scopes, over all objects. */
const keptSpans = 400_000;

export type RowQuery = {
  /** Undefined: rows of all scopes. */
  selected: { scopeId: string } | undefined;
  /** Asked again for each row: what is wanted shrinks while rows are found. */
  isWanted(occurredAt: Instant): boolean;
  /** Whether anything within a span may be wanted. */
  mayHold(span: TimeSpan): boolean;
  /** Called with the bytes that were read. */
  onRead(bytes: number): void;
};

export class LedgerRows {
  readonly #ledger: Pick<Objects, 'get' | 'placeOf'>;
  readonly #texts = new LeastRecentlyUsed<string>(keptTextUnits);
  readonly #reading = new Map<string, Promise<string>>();
  readonly #indexes = new LeastRecentlyUsed<TextIndex | 'empty'>(keptSpans);

  constructor(ledger: Pick<Objects, 'get' | 'placeOf'>) {
    this.#ledger = ledger;
  }

  /** The wanted rows of an object. Throws `UnreadableRecord` if it is missing or damaged. */
  async rows(
    { key }: Pick<LedgerObject, 'key'>,
    query: RowQuery,
  ): Promise<{ cells: Cells; bytes: number }[]> {
    const known = this.#indexes.get(key);
    if (known && !mayHoldRows(known, query)) return [];
    const text = this.#texts.get(key) ?? (await this.#read(key, query));
    const index = known ?? this.#keepIndex(key, text);
    if (!mayHoldRows(index, query)) return [];
    // Only of an object that has something of interest the text may be needed again.
    this.#texts.set(key, text, text.length);
    return [...rowsOfText(text, query.selected, at => query.isWanted(at))];
  }

  /** When what it holds of a scope, or of all, occurred; undefined if it holds nothing of it. */
  async span(
    { key }: Pick<LedgerObject, 'key'>,
    query: Pick<RowQuery, 'selected' | 'onRead'>,
  ): Promise<TimeSpan | undefined> {
    let index = this.#indexes.get(key);
    if (!index) {
      const text = this.#texts.get(key) ?? (await this.#read(key, query));
      index = this.#keepIndex(key, text);
      if (index !== 'empty' && spanOf(index, query.selected)) this.#texts.set(key, text, text.length);
    }
    return index === 'empty' ? undefined : spanOf(index, query.selected);
  }

  /** Readers at the same time share one read, which the first of them counts. */
  async #read(key: string, query: Pick<RowQuery, 'onRead'>): Promise<string> {
    const reading = this.#reading.get(key) ?? this.#readText(key, query);
    this.#reading.set(key, reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(key);
    }
  }

  async #readText(key: string, { onRead }: Pick<RowQuery, 'onRead'>): Promise<string> {
    const stored = await this.#ledger.get(key);
    if (!stored) throw unreadable(this.#ledger.placeOf(key), 'it is listed and does not exist');
    onRead(stored.bytes.length);
    return readLedgerText(stored);
  }

  #keepIndex(key: string, text: string): TextIndex | 'empty' {
    const index = indexOfText(text) ?? 'empty';
    this.#indexes.set(key, index, index === 'empty' ? 1 : 1 + (index.scopes?.size ?? 0));
    return index;
  }
}

const mayHoldRows = (index: TextIndex | 'empty', { selected, mayHold }: RowQuery): boolean => {
  const span = index === 'empty' ? undefined : spanOf(index, selected);
  return span !== undefined && mayHold(span);
};
