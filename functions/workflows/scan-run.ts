/**
 * Reads the log on from where a delivery is, and decides what of it the next run sends. A row that has an earlier
 * copy anywhere is dropped, whatever the filter says: the filter judges the copy that was filed first.
 */
import { laneOf, lateBefore } from '#domain/archive/lane.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { firstKeptFiling, KeyWindow, keyHash } from '#domain/deliver/key-window.ts';
import { deliveryPrefix } from '#domain/deliver/layout.ts';
import { type Counts, noCounts, Ranges } from '#domain/deliver/run.ts';
import { type Cells, matcherOf } from '#domain/filter/filter.ts';
import { readTerms } from '#domain/filter/terms-shape.ts';
import { type Instant, nextInstant } from '#domain/time.ts';
import type { DeliverWorld } from './deliver-world.ts';
import { findEarlierCopies } from './earlier-copies.ts';
import { type FiledRow, readFiled } from './read-filed.ts';

export type Scan = {
  /** Everything that was filed before is judged. */
  upTo: Instant;
  counts: Counts;
  /** What is sent, in the order of `filed_at`. */
  kept: Cells[];
  leftOut: Ranges['list'];
};

export type Scanning = {
  delivery: Delivery;
  bucket: number;
  from: Instant;
  to: Instant;
  hasTime(): boolean;
  /** Called once there are rows, before more of them are read. */
  found(): Promise<unknown>;
};

/** Whether the filter of a delivery lets an event through. */
export const matchesOf = (filter: { action: readonly string[] } | undefined): ((cells: Cells) => boolean) => {
  if (!filter) return () => true;
  const terms = readTerms('action', filter.action);
  if ('fault' in terms) throw new RangeError(`The filter of a delivery cannot be read: ${terms.fault}`);
  return matcherOf({ terms: { action: terms } }, []);
};

export const scanRun = async (world: DeliverWorld, scanning: Scanning): Promise<Scan> => {
  const { delivery, bucket, from } = scanning;
  const { rows, upTo } = await gather(world, scanning);
  if (rows.length === 0) {
    const known = world.keyWindows.get(deliveryPrefix(delivery.scopeId, delivery.id));
    if (known?.to === from) known.to = upTo;
    return { upTo, counts: noCounts, kept: [], leftOut: [] };
  }
  const keys = await keyWindowOf(world, delivery, bucket, from);
  const late = rows.filter(isLate).map(({ cells }) => cells);
  const wasFiledBefore = await findEarlierCopies(world, {
    bucket,
    scopeId: delivery.scopeId,
    rows: late,
    completeTo: upTo,
  });
  const matches = matchesOf(delivery.definition!.filter);
  // Before the first key is added: if this fails in between, the keys are read anew.
  keys.to = upTo;
  const kept: Cells[] = [];
  const leftOut = new Ranges();
  let [filtered, dropped] = [0, 0];
  rows.forEach((row, place) => {
    const { cells } = row;
    const isFirst = keys.add(keyHash(cells), cells.filed_at as Instant);
    if (!isFirst || (isLate(row) && wasFiledBefore(cells))) dropped += 1;
    else if (!matches(cells)) filtered += 1;
    else {
      kept.push(cells);
      return;
    }
    leftOut.add(place);
  });
  world.keyWindows.set(deliveryPrefix(delivery.scopeId, delivery.id), keys, keys.bytes);
  return { upTo, counts: { read: rows.length, filtered, dropped }, kept, leftOut: leftOut.list };
};

const isLate = ({ cells }: FiledRow): boolean =>
  laneOf(cells.occurred_at as Instant, lateBefore(cells.filed_at as Instant)) === 'late';

/** The next rows, as many as a run takes. */
const gather = async (
  world: DeliverWorld,
  { delivery, bucket, from, to, hasTime, found }: Scanning,
): Promise<{ rows: FiledRow[]; upTo: Instant }> => {
  const { limits } = world;
  const rows: FiledRow[] = [];
  let [bytes, upTo] = [0, from];
  for await (const stretch of readFiled(world, { bucket, scopeId: delivery.scopeId, from, to })) {
    for (const row of stretch.rows) {
      const isFull = rows.length >= limits.rows || bytes + row.bytes > limits.textBytes;
      if (isFull && rows.length > 0) return { rows, upTo: nextInstant(String(rows.at(-1)!.cells.filed_at)) };
      rows.push(row);
      bytes += row.bytes;
    }
    upTo = stretch.upTo;
    if (rows.length > 0) await found();
    if (!hasTime()) break;
  }
  return { rows, upTo };
};

/** The keys that were filed before an instant, as far back as copies of rows in time can be. */
const keyWindowOf = async (
  world: DeliverWorld,
  { scopeId, id }: Delivery,
  bucket: number,
  from: Instant,
): Promise<KeyWindow> => {
  const known = world.keyWindows.get(deliveryPrefix(scopeId, id));
  if (known?.to === from) return known;
  const keys = new KeyWindow(firstKeptFiling(from));
  for await (const { rows } of readFiled(world, { bucket, scopeId, from: keys.from, to: from }))
    for (const { cells } of rows) keys.add(keyHash(cells), cells.filed_at as Instant);
  keys.to = from;
  return keys;
};
