/**
 * Refused items. Their bytes lie in the place aside; what is known of them, in the state, which outlives the
 * bytes, beside an index of the open ones by scope, and one of those that ended not long ago. An entry is
 * made before what it is for and removed after it, so that one too many may be there, and never one too few.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects, StoredObject } from '#aws/objects.ts';
import type { ItemPlace } from '#domain/archive/plan-batch.ts';
import { decodePart, type RefusedFacts, type RefusedHeader } from '#domain/refused/item.ts';
import {
  endedRefusedKey,
  itemOfRefusedItemKey,
  openRefusedKey,
  refusedFileKey,
  refusedItemKey,
  refusedItemsPrefix,
} from '#domain/refused/layout.ts';
import {
  filePart,
  isRefusedRecord,
  type RefusedEnd,
  type RefusedRecord,
  timeOf,
} from '#domain/refused/record.ts';
import type { Instant } from '#domain/time.ts';
import {
  decodeRecord,
  encodeRecord,
  isUnreadable,
  type RecordKind,
  type UnreadableRecord,
} from './record.ts';
import type { IndexedItem } from './refused-index.ts';

const itemRecord: RecordKind<RefusedRecord> = {
  isWhole: isRefusedRecord,
  cure: 'Restore it from a copy; if the same is sent again, it is replaced',
};

export type StoredItem = { record: RefusedRecord; etag: string };
/** An item as it was sent; undefined bytes if they were not kept, or are deleted. */
export type KeptItem = { facts: RefusedFacts | undefined; bytes: Buffer | undefined };
export type FiledPart = { header: RefusedHeader; data: Buffer; place: ItemPlace };

const entryOf = (record: RefusedRecord) => ({
  key: record.key,
  scope: record.scope_sha256,
  at: timeOf(record),
  filedAt: record.filed_at,
});

export class RefusedItems {
  readonly #aside: Objects;
  readonly #state: Objects;
  constructor(aside: Objects, state: Objects) {
    this.#aside = aside;
    this.#state = state;
  }

  /**
   * Files a part: its bytes, the entry of the index, what is known of the item. True if the bytes are kept
   * under this part's own name, also if an earlier try did that; false if they are kept already.
   */
  async file({ header, data, place }: FiledPart): Promise<boolean> {
    for (;;) {
      const stored = await this.#state.get(refusedItemKey(header.key));
      const found = stored && decodeRecord(stored, itemRecord);
      // A damaged record must not keep others from being filed: it is replaced.
      const before = isUnreadable(found) ? undefined : found;
      const after = filePart(before, header, place);
      const isKeptHere = after.filed[header.part - 1] === place.filedAt;
      if (after === before) return isKeptHere;
      // One that is known has its entry, or has ended and must not get it back.
      const isNew = !before || before.gone === true;
      await Promise.all([
        isKeptHere ? this.#aside.create(fileKeyOf(after, header.part)!, data) : undefined,
        isNew ? this.#state.create(openRefusedKey(entryOf(after)), emptyEntry) : undefined,
      ]);
      if (await this.#state.replace(refusedItemKey(header.key), encodeRecord(after), stored?.etag))
        return isKeptHere;
    }
  }

  async get(key: string): Promise<StoredItem | UnreadableRecord | undefined> {
    const stored = await this.#state.get(refusedItemKey(key));
    return stored && asItem(stored);
  }

  /** The item as it was sent, if its bytes are there. */
  async read(record: RefusedRecord): Promise<KeptItem> {
    const parts = await fewAtOnce([...record.filed.keys()], async at => {
      const fileKey = record.gone ? undefined : fileKeyOf(record, at + 1);
      const stored = fileKey === undefined ? undefined : await this.#aside.get(fileKey);
      const part = stored && decodePart(stored.bytes);
      return part && 'header' in part ? part : undefined;
    });
    const facts = parts[0]?.header;
    const contents = parts.flatMap(part => (part ? [part.content] : []));
    const isThere = contents.length === record.parts && !facts?.too_large;
    return { facts, bytes: isThere ? Buffer.concat(contents) : undefined };
  }

  /** The first part alone, which says what the item is; its bytes, if it is the only one. */
  first(record: RefusedRecord): Promise<KeptItem> {
    return this.read({ ...record, filed: record.filed.slice(0, 1) });
  }

  /**
   * Ends an item; only its first end counts. With `isGone`, its bytes are deleted. Returns the record
   * afterwards.
   */
  async end(key: string, end: RefusedEnd, isGone = false): Promise<RefusedRecord | undefined> {
    for (;;) {
      const item = await this.get(key);
      if (!item || isUnreadable(item)) return undefined;
      const { record, etag } = item;
      const ended: RefusedRecord = {
        ...record,
        end: record.end ?? end,
        ...(isGone || record.gone ? { gone: true } : {}),
      };
      if (!record.end) await this.#state.create(endedRefusedKey(entryOf(ended), end.at), emptyEntry);
      if (!(await this.#state.replace(refusedItemKey(key), encodeRecord(ended), etag))) continue;
      await this.#state.delete(openRefusedKey(entryOf(ended)));
      // After the record: what comes again from now on is kept under another name.
      if (isGone) await this.#deleteFiles(ended);
      return ended;
    }
  }

  /**
   * Ends an item of which a file has been kept long enough, unless the same has come again since and is kept
   * anew.
   */
  async expire(key: string, at: Instant, fileKey: string): Promise<void> {
    const item = await this.get(key);
    if (!item || isUnreadable(item) || item.record.gone) return;
    const { record } = item;
    const isItsOwn = record.filed.some((_, part) => fileKeyOf(record, part + 1) === fileKey);
    if (isItsOwn) await this.end(key, { how: 'expired', at, by: 'annals', reason: null }, true);
  }

  async #deleteFiles(record: RefusedRecord): Promise<void> {
    for (const [at] of record.filed.entries()) {
      const key = fileKeyOf(record, at + 1);
      if (key !== undefined) await this.#aside.delete(key);
    }
  }

  /** The items of a page of the index; what has ended, and still stands there, is dropped from it. */
  async ofEntries(entries: readonly IndexedItem[]): Promise<(RefusedRecord | UnreadableRecord)[]> {
    const found = await fewAtOnce(entries, async ({ key, indexKey }) => {
      const item = await this.get(key);
      if (isUnreadable(item)) return item;
      if (item && !item.record.end) return item.record;
      // Only its own: one that comes again after its bytes are deleted has its next entry before its record.
      if (item && openRefusedKey(entryOf(item.record)) === indexKey) await this.#state.delete(indexKey);
      return undefined;
    });
    return found.filter(record => record !== undefined);
  }

  /** Every item there has been, open or not, after a key. */
  async *all(after: string | undefined, atMost: number): AsyncGenerator<string> {
    const start = after === undefined ? undefined : refusedItemKey(after);
    for await (const { key } of this.#state.list(refusedItemsPrefix, start, atMost))
      yield itemOfRefusedItemKey(key);
  }
}

const emptyEntry = encodeRecord({});

const asItem = (stored: StoredObject): StoredItem | UnreadableRecord => {
  const record = decodeRecord(stored, itemRecord);
  return isUnreadable(record) ? record : { record, etag: stored.etag };
};

/** Undefined if the part has not come. */
const fileKeyOf = ({ bucket, key, filed }: RefusedRecord, part: number): string | undefined => {
  const filedAt = filed[part - 1];
  return filedAt ? refusedFileKey(bucket, filedAt, key, part) : undefined;
};
