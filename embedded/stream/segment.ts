/** A segment of a shard: a file of records, one after another, named after the first. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { DataDirectoryError } from '#embedded/data-directory.ts';
import type { Log } from '#functions/runtime/log.ts';
import { decodeFrame, hasFrameBehind, maxRecordBytes } from './frame.ts';

export type Segment = { path: string; first: bigint; bytes: number };

export const segmentName = (first: bigint): string => `${String(first).padStart(20, '0')}.log`;
export const isSegmentName = (name: string): boolean => /^\d{20}\.log$/.test(name);

/** Enough for the largest record, so that a chunk of the file holds at least one. */
const chunkBytes = 2 * maxRecordBytes;

export const readChunk = async ({ path, bytes }: Segment, offset: number): Promise<Buffer> => {
  const length = Math.min(chunkBytes, bytes - offset);
  if (length <= 0) return Buffer.alloc(0);
  const handle = await open(path, 'r');
  try {
    const chunk = Buffer.alloc(length);
    const { bytesRead } = await handle.read(chunk, 0, length, offset);
    return chunk.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/** The last sequence number of a segment that is no longer written. Throws if a record of it is damaged. */
export const lastOfSegment = async (segment: Segment): Promise<bigint> => {
  let last = segment.first - 1n;
  for (let offset = 0; offset < segment.bytes; ) {
    const chunk = await readChunk(segment, offset);
    let used = 0;
    for (let frame = decodeFrame(chunk, 0); frame; frame = decodeFrame(chunk, used)) {
      last = frame.record.sequence;
      used = frame.next;
    }
    if (used === 0) throw damagedSegment(segment.path, offset, 'its record cannot be read');
    offset += used;
  }
  return last;
};

/** Cuts off what a crash left of a record that was never acknowledged; returns what is complete. */
export const recoverSegment = async (
  path: string,
  first: bigint,
  log: Log,
): Promise<{ bytes: number; last: bigint; lastArrivalMs: number }> => {
  const bytes = await readFile(path);
  let whole = 0;
  let last = first - 1n;
  let lastArrivalMs = 0;
  for (let frame = decodeFrame(bytes, 0); frame; frame = decodeFrame(bytes, whole)) {
    whole = frame.next;
    last = frame.record.sequence;
    lastArrivalMs = frame.record.arrivalMs;
  }
  if (hasFrameBehind(bytes, whole, last)) throw damagedSegment(path, whole, 'whole records stand behind it');
  if (whole < bytes.length) {
    // In case it is damage and not a cut write, its bytes can still be examined.
    const kept = `${path}.torn-${Date.now()}`;
    await writeFile(kept, bytes.subarray(whole), { mode: 0o600 });
    const handle = await open(path, 'r+');
    await handle.truncate(whole);
    await handle.sync();
    await handle.close();
    log('warn', 'The end of a segment was no whole record, and was cut off', {
      path,
      bytes: bytes.length - whole,
      kept,
    });
  }
  return { bytes: whole, last, lastArrivalMs };
};

export const damagedSegment = (path: string, byte: number, what: string): DataDirectoryError =>
  new DataDirectoryError(
    `The segment ${path} is damaged at byte ${byte}: ${what}. Restore it from a copy, or move it away: ` +
      'what it held and was not filed is then reported as a gap',
  );
