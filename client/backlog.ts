/**
 * Recorded events that are not acknowledged yet: batches in the order of recording, each small enough for one
 * request. This one keeps them in memory, within a limit; the spool keeps them on disk.
 */

/** `number` grows from batch to batch. */
export type Batch = { number: number; lines: readonly string[] };

export type Backlog = {
  /** Adds a line; returns false if there is no room for it. Throws if it cannot be written. */
  add(line: string): boolean;
  /**
   * The batch whose turn it is. No lines are added to it, and it stays the same one until it is acknowledged
   * or postponed.
   */
  take(): Batch | undefined;
  /**
   * Drops from the batch that was taken everything that is not in `left`; the whole batch if `left` is empty.
   */
  acknowledge(left: readonly string[]): void;
  /** Puts the batch that was taken behind all others. */
  postpone(): void;
  /**
   * The number of the newest batch that holds lines, which takes no further ones; undefined if there is none.
   */
  seal(): number | undefined;
  /** The number of the oldest batch that is not acknowledged. */
  oldest(): number | undefined;
  /** Whether some batch has the greatest size, so that waiting gains nothing. */
  hasFullBatch(): boolean;
  /** The number of waiting lines. */
  count(): number;
  /** Returns the lines that nobody will send once this process has ended. */
  close(): readonly string[];
};

export type BatchLimits = { maxEvents: number; maxBytes: number };

/** The least of some numbers; undefined if there are none. */
export const least = (numbers: Iterable<number>): number | undefined => {
  let found: number | undefined;
  for (const number of numbers) if (found === undefined || number < found) found = number;
  return found;
};

type MemoryBatch = { number: number; lines: string[]; bytes: number; isClosed: boolean };

export const memoryBacklog = ({ maxEvents, maxBytes }: BatchLimits, maxBufferedBytes: number): Backlog => {
  /** In the order of their turns. */
  const batches: MemoryBatch[] = [];
  /** The newest batch. */
  let tail: MemoryBatch | undefined;
  let next = 0;
  let bufferedBytes = 0;
  const isFull = ({ lines, bytes }: MemoryBatch): boolean => lines.length >= maxEvents || bytes >= maxBytes;
  return {
    add(line) {
      const bytes = Buffer.byteLength(line) + 1;
      if (bufferedBytes + bytes > maxBufferedBytes) return false;
      if (!tail || tail.isClosed || isFull(tail) || tail.bytes + bytes > maxBytes) {
        tail = { number: next++, lines: [], bytes: 0, isClosed: false };
        batches.push(tail);
      }
      tail.lines.push(line);
      tail.bytes += bytes;
      bufferedBytes += bytes;
      return true;
    },
    take() {
      const [head] = batches;
      if (head) head.isClosed = true;
      return head;
    },
    acknowledge(left) {
      const head = batches[0]!;
      const bytes = left.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      bufferedBytes -= head.bytes - bytes;
      if (left.length === 0) batches.shift();
      else Object.assign(head, { lines: [...left], bytes });
    },
    postpone: () => void batches.push(...batches.splice(0, 1)),
    seal() {
      if (batches.length === 0) return undefined;
      tail!.isClosed = true;
      return batches.reduce((newest, { number }) => Math.max(newest, number), 0);
    },
    oldest: () => least(batches.map(({ number }) => number)),
    hasFullBatch: () => batches.length > 1 || (batches[0] !== undefined && isFull(batches[0])),
    count: () => batches.reduce((sum, { lines }) => sum + lines.length, 0),
    close: () => batches.flatMap(({ lines }) => lines),
  };
};
