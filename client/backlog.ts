/**
 * What has been recorded and is not settled yet: batches in the order of recording, each within what one request takes.
 * This one keeps them in memory, within a bound; the spool keeps them on disk.
 */

/** `number` grows from batch to batch. */
export type Batch = { number: number; lines: readonly string[] };

export type Backlog = {
  /** Takes a line; false where there is no room for it. Throws where it cannot be written. */
  add(line: string): boolean;
  /** The oldest batch, which is not added to any more; the same one until it is settled. */
  take(): Batch | undefined;
  /** Forgets of the batch that was taken what is not among `left`; all of it where nothing is. */
  settle(left: readonly string[]): void;
  /** The number of the newest batch that holds something, closed to further lines; undefined where there is none. */
  seal(): number | undefined;
  /** The number of the oldest batch that is not settled. */
  oldest(): number | undefined;
  /** Whether the oldest batch is as large as one may be, so that there is nothing to wait for. */
  hasFullBatch(): boolean;
  /** How many lines wait. */
  count(): number;
  close(): void;
};

export type BatchLimits = { maxEvents: number; maxBytes: number };

type MemoryBatch = { number: number; lines: string[]; bytes: number; isClosed: boolean };

export const memoryBacklog = ({ maxEvents, maxBytes }: BatchLimits, maxBufferedBytes: number): Backlog => {
  const batches: MemoryBatch[] = [];
  let next = 0;
  let bufferedBytes = 0;
  const isFull = ({ lines, bytes }: MemoryBatch): boolean => lines.length >= maxEvents || bytes >= maxBytes;
  return {
    add(line) {
      const bytes = Buffer.byteLength(line) + 1;
      if (bufferedBytes + bytes > maxBufferedBytes) return false;
      let tail = batches.at(-1);
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
    settle(left) {
      const head = batches[0]!;
      const bytes = left.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      bufferedBytes -= head.bytes - bytes;
      if (left.length === 0) batches.shift();
      else Object.assign(head, { lines: [...left], bytes });
    },
    seal() {
      const tail = batches.at(-1);
      if (tail) tail.isClosed = true;
      return tail?.number;
    },
    oldest: () => batches[0]?.number,
    hasFullBatch: () => batches.length > 1 || (batches[0] !== undefined && isFull(batches[0])),
    count: () => batches.reduce((sum, { lines }) => sum + lines.length, 0),
    close: () => undefined,
  };
};
