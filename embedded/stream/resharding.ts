/** How the range of hashes is divided among shards, and what a split and a merge make of it. */
import { refused } from './kinesis-limits.ts';
import type { ShardDescription } from './shard.ts';

const hashRange = 1n << 128n;

/** From the first hash to the last, inclusive. */
export type HashRange = readonly [bigint, bigint];
type RangedShard = { id: string; parents: readonly string[]; start: bigint; end: bigint };

/** Which shards are closed, and the ranges of those that replace them. */
export type Resharding<S extends RangedShard> = { parents: S[]; ranges: HashRange[] };

export const shardId = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;

export const equalRanges = (count: number): HashRange[] =>
  Array.from({ length: count }, (_, i) => [
    (BigInt(i) * hashRange) / BigInt(count),
    (BigInt(i + 1) * hashRange) / BigInt(count) - 1n,
  ]);

export const describeShard = (
  id: string,
  [start, end]: HashRange,
  parents?: readonly RangedShard[],
): ShardDescription => ({
  id,
  startHash: String(start),
  endHash: String(end),
  ...(parents ? { parents: parents.map(parent => parent.id) } : {}),
});

export const planSplit = <S extends RangedShard>(parent: S, at: bigint): Resharding<S> => {
  if (at <= parent.start || at > parent.end)
    throw refused(`A shard is split within its range, ${parent.start} to ${parent.end}`);
  return {
    parents: [parent],
    ranges: [
      [parent.start, at - 1n],
      [at, parent.end],
    ],
  };
};

export const planMerge = <S extends RangedShard>(one: S, other: S): Resharding<S> => {
  const [first, second] = one.start < other.start ? [one, other] : [other, one];
  if (first.end + 1n !== second.start) throw refused('Only adjacent shards can be merged');
  return { parents: [first, second], ranges: [[first.start, second.end]] };
};

/** The shards that take records: those without children. */
export const withoutParents = <S extends RangedShard>(shards: readonly S[]): S[] => {
  const closed = new Set(shards.flatMap(({ parents }) => parents));
  return shards.filter(({ id }) => !closed.has(id));
};
