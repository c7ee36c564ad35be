/**
 * One shard of the embedded stream: its records on disk, in segments, written at the end by one writer. What arrives
 * while the disk is busy is written together, with one sync for all of it; nobody is told of a record before that.
 * A record cut short by a crash was never acknowledged, and is cut off, and kept aside.
 */
import { type FileHandle, mkdir, open, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncDirectory } from './files.ts';

export const maxRecordBytes = 1024 * 1024;

export type StreamRecord = { sequence: bigint; arrivalMs: number; partitionKey: string; data: Buffer };
export type ShardDescription = {
  id: string;
  startHash: string;
  endHash: string;
  /** Of a shard that came of a split or a merge; they are closed, and read before it. */
  parents?: string[];
};

/** A record on disk: length of the rest, CRC-32 of the rest; sequence, arrival, length of the key, key, data. */
const frameHead = 8;
const bodyHead = 8 + 8 + 2;

const encodeFrame = ({ sequence, arrivalMs, partitionKey, data }: StreamRecord): Buffer => {
  const key = Buffer.from(partitionKey);
  const frame = Buffer.allocUnsafe(frameHead + bodyHead + key.length + data.length);
  frame.writeBigUInt64BE(sequence, frameHead);
  frame.writeDoubleBE(arrivalMs, frameHead + 8);
  frame.writeUInt16BE(key.length, frameHead + 16);
  key.copy(frame, frameHead + bodyHead);
  data.copy(frame, frameHead + bodyHead + key.length);
  const body = frame.subarray(frameHead);
  frame.writeUInt32BE(body.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return frame;
};

/** The record at `at`, and where the next one begins; undefined where none stands there whole. */
const decodeFrame = (bytes: Buffer, at: number): { record: StreamRecord; next: number } | undefined => {
  if (at + frameHead > bytes.length) return undefined;
  const length = bytes.readUInt32BE(at);
  const next = at + frameHead + length;
  if (length < bodyHead || next > bytes.length) return undefined;
  const body = bytes.subarray(at + frameHead, next);
  if (crc32(body) !== bytes.readUInt32BE(at + 4)) return undefined;
  const keyLength = body.readUInt16BE(16);
  const record = {
    sequence: body.readBigUInt64BE(0),
    arrivalMs: body.readDoubleBE(8),
    partitionKey: body.toString('utf8', bodyHead, bodyHead + keyLength),
    data: body.subarray(bodyHead + keyLength),
  };
  return { record, next };
};

/** Whether a whole record stands somewhere behind `at`: then what stands there is damage, and no write cut short. */
const hasFrameAfter = (bytes: Buffer, at: number): boolean => {
  for (let next = at + 1; next + frameHead + bodyHead <= bytes.length; next++)
    if (decodeFrame(bytes, next)) return true;
  return false;
};

type Segment = { path: string; first: bigint; bytes: number };
type Waiting = { frame: Buffer; sequence: bigint; settle(error: Error | undefined): void };

export class Shard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly start: bigint;
  readonly end: bigint;
  readonly #directory: string;
  readonly #segmentBytes: number;
  segments: Segment[] = [];
  lastSequence = 0n;
  lastArrivalMs = 0;
  #handle: FileHandle | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #listeners = new Set<() => void>();
  #broken: Error | undefined;
  window = { second: 0, records: 0, bytes: 0 };

  constructor(
    directory: string,
    { id, startHash, endHash, parents = [] }: ShardDescription,
    segmentBytes: number,
  ) {
    this.#directory = join(directory, id);
    this.id = id;
    this.parents = parents;
    this.start = BigInt(startHash);
    this.end = BigInt(endHash);
    this.#segmentBytes = segmentBytes;
  }

  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(this.#directory)).filter(name => /^\d{20}\.log$/.test(name)).sort();
    for (const [at, name] of names.entries()) {
      const path = join(this.#directory, name);
      const isLast = at === names.length - 1;
      const bytes = isLast ? await this.#recover(path) : (await stat(path)).size;
      this.segments.push({ path, first: BigInt(name.slice(0, 20)), bytes });
    }
    const last = this.segments[this.segments.length - 1];
    if (last) {
      this.#handle = await open(last.path, 'r+');
      if (this.lastSequence === 0n) this.lastSequence = last.first - 1n;
    }
  }

  /** Cuts off what a crash left of a record that was never acknowledged; gives the size of what is whole. */
  async #recover(path: string): Promise<number> {
    const bytes = await readFile(path);
    let whole = 0;
    for (let frame = decodeFrame(bytes, 0); frame; frame = decodeFrame(bytes, whole)) {
      whole = frame.next;
      this.lastSequence = frame.record.sequence;
      this.lastArrivalMs = frame.record.arrivalMs;
    }
    if (hasFrameAfter(bytes, whole))
      throw new Error(
        `${path} is damaged at byte ${whole}: whole records stand behind it; restore the file from a copy`,
      );
    if (whole < bytes.length) {
      // Should it be damage instead of a cut write, what was there can still be looked at.
      await writeFile(`${path}.torn-${Date.now()}`, bytes.subarray(whole), { mode: 0o600 });
      const handle = await open(path, 'r+');
      await handle.truncate(whole);
      await handle.sync();
      await handle.close();
    }
    return whole;
  }

  append(record: StreamRecord): Promise<void> {
    this.lastSequence = record.sequence;
    this.lastArrivalMs = record.arrivalMs;
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        frame: encodeFrame(record),
        sequence: record.sequence,
        settle: error => (error ? reject(error) : resolve()),
      });
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  /** Writes what is waiting until nothing is: all of it together, and one sync for it. */
  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      let failure: Error | undefined;
      try {
        await this.#writeBatch(batch);
      } catch (error) {
        failure = error as Error;
      }
      for (const { settle } of batch) settle(failure);
      if (!failure) this.wake();
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    let segment = this.segments[this.segments.length - 1];
    if (!segment || segment.bytes >= this.#segmentBytes) {
      await this.#handle?.close();
      const first = batch[0]!.sequence;
      segment = { path: join(this.#directory, `${String(first).padStart(20, '0')}.log`), first, bytes: 0 };
      this.#handle = await open(segment.path, 'wx+', 0o600);
      await syncDirectory(this.#directory);
      this.segments.push(segment);
    }
    const bytes = Buffer.concat(batch.map(({ frame }) => frame));
    try {
      for (let written = 0; written < bytes.length; )
        written += (
          await this.#handle!.write(bytes, written, bytes.length - written, segment.bytes + written)
        ).bytesWritten;
      await this.#handle!.datasync();
      segment.bytes += bytes.length;
    } catch (error) {
      // Nobody has been told that this was taken. If it cannot be taken back, the shard takes nothing more.
      await this.#handle!.truncate(segment.bytes).catch((cause: Error) => {
        this.#broken = cause;
      });
      throw error;
    }
  }

  /** Records after `after`, as many as there are up to the limits; at least one where there is any. See `readBytes`. */
  async read(after: bigint, maxCount: number, maxBytes: number, hint: ReadHint): Promise<StreamRecord[]> {
    const records: StreamRecord[] = [];
    let bytes = 0;
    const start = this.segments.findLastIndex(({ first }) => first <= after + 1n);
    for (let at = Math.max(start, 0); at < this.segments.length; at++) {
      const segment = this.segments[at]!;
      let offset = hint.path === segment.path && hint.after === after ? hint.offset : 0;
      for (;;) {
        const chunk = await readChunk(segment, offset);
        let used = 0;
        for (let frame = decodeFrame(chunk, 0); frame; frame = decodeFrame(chunk, used)) {
          if (frame.record.sequence > after) {
            if (
              records.length === maxCount ||
              (records.length > 0 && bytes + readBytes(frame.record) > maxBytes)
            ) {
              Object.assign(hint, {
                path: segment.path,
                offset: offset + used,
                after: records[records.length - 1]!.sequence,
              });
              return records;
            }
            records.push(frame.record);
            bytes += readBytes(frame.record);
          }
          used = frame.next;
        }
        offset += used;
        if (used === 0) {
          if (offset < segment.bytes)
            throw new Error(`A record of ${segment.path} at byte ${offset} is damaged`);
          break;
        }
      }
      const last = records[records.length - 1];
      Object.assign(hint, { path: segment.path, offset, after: last ? last.sequence : after });
    }
    return records;
  }

  /** Waits until all that it was given is on disk. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Has its readers look once more. */
  wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  onRecords(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Deletes the segments all of whose records have been consumed and are old. */
  async trim(consumed: bigint, olderThanMs: number): Promise<void> {
    while (this.segments.length > 1 && this.segments[1]!.first <= consumed + 1n) {
      const { path } = this.segments[0]!;
      if ((await stat(path)).mtimeMs >= olderThanMs) return;
      await unlink(path);
      this.segments.shift();
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** What a record counts for against the limit of a read: its data, and about what an event holds beside that. */
export const readBytes = ({ data }: StreamRecord): number => data.length + 256;

/** Where a reader stopped, so that it does not look for its place again. */
export type ReadHint = { path: string; offset: number; after: bigint };
export const noHint = (): ReadHint => ({ path: '', offset: 0, after: -1n });

/** Enough for the largest record, so that a chunk of what is on disk holds at least one. */
const chunkBytes = 2 * maxRecordBytes;

const readChunk = async ({ path, bytes }: Segment, offset: number): Promise<Buffer> => {
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
