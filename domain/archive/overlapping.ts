/**
 * Objects of one shard whose records overlap. A batch that was cut differently at a retry leaves such
 * objects, and only such objects hold the same row twice; so rows are compared within a group of them and
 * never over a whole ledger.
 */
import { createHash } from 'node:crypto';
import type { ParsedObjectKey } from '#domain/archive/layout.ts';

/** Groups of objects of one shard whose ranges of records overlap; most have one object. */
export const overlapping = <Item extends { name: ParsedObjectKey }>(objects: readonly Item[]): Item[][] => {
  const shards = new Map<string, { object: Item; first: bigint; last: bigint }[]>();
  for (const object of objects) {
    const { streamDigits, shard, firstSequence, lastSequence } = object.name;
    const id = `${streamDigits ?? ''} ${shard}`;
    const ofShard = shards.get(id) ?? [];
    shards.set(id, ofShard);
    ofShard.push({ object, first: BigInt(firstSequence), last: BigInt(lastSequence) });
  }
  const groups: Item[][] = [];
  for (const ofShard of shards.values()) {
    ofShard.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    let reach: bigint | undefined;
    for (const { object, first, last } of ofShard) {
      if (reach !== undefined && first <= reach) groups.at(-1)!.push(object);
      else groups.push([object]);
      if (reach === undefined || last > reach) reach = last;
    }
  }
  return groups;
};

export type ShardObject = { lines: readonly Buffer[]; isFinished: boolean; isCounted: boolean };

/** How many rows the objects of a group hold together, each once; within one object no row is there twice. */
export const distinctRows = (objects: readonly ShardObject[]): number => {
  if (objects.length <= 1) return objects[0]?.lines.length ?? 0;
  const rows = new Set<string>();
  for (const { lines } of objects)
    for (const line of lines) rows.add(createHash('sha256').update(line).digest('base64'));
  return rows.size;
};
