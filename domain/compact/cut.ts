/**
 * The cut of a day into segments. Each is a run of consecutive objects, in the order of their first `filed_at`;
 * it ends before the object with which it would be too large. So the cut depends on the objects alone, and a
 * run that is recorded stays what it is while the day goes on. Objects that overlap in `filed_at` stay in one
 * run, since only they can hold the same row twice.
 */
import { createHash } from 'node:crypto';
import type { ParsedObjectKey } from '#domain/archive/layout.ts';
import type { Instant } from '#domain/time.ts';

export type ListedKey = { key: string; name: ParsedObjectKey };

/** What was read of an object. */
export type ObjectExtent = { rows: number; textBytes: number; firstFiledAt: Instant; lastFiledAt: Instant };

/** At most so much is one segment. Text is what its lines take, with their newlines. */
export type RunLimits = { rows: number; textBytes: number };

/** A run holds its text in memory, and 64 MiB of it are some 50,000 rows of usual size. */
export const runLimits: RunLimits = { rows: 100_000, textBytes: 96 * 1024 * 1024 };
/** After crashes a run gets half the rows, and half of these, down to this. */
export const leastRunRows = 1000;
/** Overlapping objects may exceed the limits so many times; then their day is not compacted. */
export const mostOverlap = 8;

/** By first `filed_at`, and keys of the same instant by their text: the two forms of keys do not sort alike. */
export const inOrder = <Listed extends ListedKey>(listed: readonly Listed[]): Listed[] =>
  [...listed].sort((a, b) => compare(a.name.firstFiledAt, b.name.firstFiledAt) || compare(a.key, b.key));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The SHA-256 of keys in this order, each with a newline. */
export const keysSha256 = (listed: readonly { key: string }[]): string => {
  const hash = createHash('sha256');
  for (const { key } of listed) hash.update(`${key}\n`);
  return hash.digest('hex');
};

export class Run {
  objects = 0;
  rows = 0;
  textBytes = 0;
  #lastFiledAt: Instant = '';
  readonly #limits: RunLimits;
  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /** Whether the run ends before this object. */
  endsBefore(next: ObjectExtent): boolean {
    if (this.objects === 0 || next.firstFiledAt <= this.#lastFiledAt) return false;
    return (
      this.rows + next.rows > this.#limits.rows || this.textBytes + next.textBytes > this.#limits.textBytes
    );
  }

  add({ rows, textBytes, lastFiledAt }: ObjectExtent): void {
    this.objects += 1;
    this.rows += rows;
    this.textBytes += textBytes;
    if (lastFiledAt > this.#lastFiledAt) this.#lastFiledAt = lastFiledAt;
  }

  /** Whether overlapping objects have made it larger than memory may hold. */
  get isTooLarge(): boolean {
    return (
      this.objects > 1 &&
      (this.rows > this.#limits.rows * mostOverlap || this.textBytes > this.#limits.textBytes * mostOverlap)
    );
  }
}

/** The limits after so many crashes in a row. */
export const limitsAfter = (failures: number, { rows, textBytes }: RunLimits): RunLimits => {
  const share = 2 ** Math.min(failures, 20);
  return {
    rows: Math.max(Math.min(leastRunRows, rows), Math.floor(rows / share)),
    textBytes: Math.max(Math.min(1024 * 1024, textBytes), Math.floor(textBytes / share)),
  };
};
