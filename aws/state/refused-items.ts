/**
 * Refused items. Their bytes are in the place aside. Their records are in the state and outlive the bytes;
 * beside them are an index of the open items by scope, and one of the recently ended. An entry is made before
 * the record and removed after it, so that there may be an extra entry, but never a missing one.
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
  cure: 'Restore it from a copy; if the same item is sent again, it is replaced',
};

export type StoredItem = { record: RefusedRecord; etag: string };
/** An item as it was sent; `bytes` is undefined if they were not kept or have been deleted. */
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
   * Files a part: its bytes, the entry of the index, the record of the item. True if the bytes are kept under
   * this part's own name, even by an earlier try; false if they were kept already.
   */
  async file({ header, data, place }: FiledPart): Promise<boolean> {
    for (;;) {
      const stored = await this.#state.get(refusedItemKey(header.key));
      const found = stored && decodeRecord(stored, itemRecord);
      // A damaged record must not keep others from being filed, so it is replaced.
      const before = isUnreadable(found) ? undefined : found;
      const after = filePart(before, header, place);
      const isKeptHere = after.filed[header.part - 1] === place.filedAt;
      if (after === before) return isKeptHere;
      // A known item has its entry, or has ended and must not get it back.
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

  /** The item as it was sent, if its bytes exist. */
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

  /** Only the first part, which says what the item is; with its bytes, if it is the only part. */
  first(record: RefusedRecord): Promise<KeptItem> {
    return this.read({ ...record, filed: record.filed.slice(0, 1) });
  }

  /**
   * Ends an item; only the first end counts. With `isGone`, its bytes are deleted. Returns the resulting
   * record.
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
      // Deleted after the record is written: from now on the same item is kept under another name if it comes
      // again.
      if (isGone) await this.#deleteFiles(ended);
      return ended;
    }
  }

  /**
   * Ends an item whose file is past its retention, unless the item has come again and is kept under another
   * name.
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

  /** The items of a page of the index; drops the entries of items that have ended. */
  async ofEntries(entries: readonly IndexedItem[]): Promise<(RefusedRecord | UnreadableRecord)[]> {
    const found = await fewAtOnce(entries, async ({ key, indexKey }) => {
      const item = await this.get(key);
      if (isUnreadable(item)) return item;
      if (item && !item.record.end) return item.record;
      // Drop only the entry of this record. An item that comes again after its bytes are deleted gets its
      // next entry before its record.
      if (item && openRefusedKey(entryOf(item.record)) === indexKey) await this.#state.delete(indexKey);
      return undefined;
    });
    return found.filter(record => record !== undefined);
  }

  /** All items after a key, open or not. */
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

/** Undefined if the part has not arrived. */
const fileKeyOf = ({ bucket, key, filed }: RefusedRecord, part: number): string | undefined => {
  const filedAt = filed[part - 1];
  return filedAt ? refusedFileKey(bucket, filedAt, key, part) : undefined;
};
