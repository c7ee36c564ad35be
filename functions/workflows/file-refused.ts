/** Files the parts of refused items in a batch: parts of one item in order, a few items concurrently. */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { FiledPart, RefusedItems } from '#aws/state/refused-items.ts';
import type { ReadRefused } from '#domain/archive/plan-batch.ts';
import { encodePart } from '#domain/refused/item.ts';
import { decodeItemRecord } from '#domain/refused/item-record.ts';
import { chargedBytes, type NewBytes } from '#domain/refused/usage.ts';
import { dateOf } from '#domain/time.ts';

/** Filing an item takes several writes, and the rows of the run wait for all of its items. */
export const maxRefusedItems = 2000;

type EncodedPart = Omit<FiledPart, 'place'>;

/** Reads a stream record of refused items as parts that can be filed. */
export const readRefused: ReadRefused<EncodedPart> = data => {
  const parts = decodeItemRecord(data);
  if ('fault' in parts) return parts;
  // A record of one part is that part as it is stored.
  return parts.map(part => ({
    header: part.header,
    data: parts.length === 1 ? data : encodePart(part),
  }));
};

/** Returns the items that are new. */
export const fileRefused = async (
  items: Pick<RefusedItems, 'file'>,
  parts: readonly FiledPart[],
): Promise<NewBytes[]> => {
  const byItem = new Map<string, FiledPart[]>();
  for (const part of parts) {
    const ofItem = byItem.get(part.header.key) ?? [];
    byItem.set(part.header.key, ofItem);
    ofItem.push(part);
  }
  const kept = await fewAtOnce([...byItem.values()], async ofItem => {
    const filed: NewBytes[] = [];
    for (const part of ofItem)
      if (await items.file(part))
        filed.push({
          sender: part.header.sender,
          day: dateOf(part.place.filedAt),
          bytes: chargedBytes(part.data.length),
        });
    return filed;
  });
  return kept.flat();
};
