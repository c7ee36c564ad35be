/**
 * One shard of the embedded stream: its records on disk, in segments, appended by one writer. Records that
 * arrive while the disk is busy are written together, with one sync for all of them; none is acknowledged
 * before that. A record cut short by a crash was never acknowledged; it is cut off, kept aside, and logged.
 */
import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, syncDirectory } from '#embedded/files.ts';
import type { Log } from '#functions/runtime/log.ts';
import { Acknowledged, type AcknowledgedSegment } from './acknowledged.ts';
import { decodeFrame, encodeFrame, type StreamRecord } from './frame.ts';
import {
  damagedSegment,
  isSegmentName,
  lastOfSegment,
  readChunk,
  recoverSegment,
  type Segment,
  segmentName,
} from './segment.ts';

export type ShardDescription = {
  id: string;
  startHash: string;
  endHash: string;
  /** The parents, for a shard that came from a split or a merge; they are closed, and read before it. */
  parents?: string[];
};

type Waiting = { frame: Buffer; sequence: bigint; finish(error: Error | undefined): void };

/** Where a shard keeps its segments, and where it notes what it has acknowledged of them. */
export type ShardPlaces = { stream: string; acknowledged: string; segmentBytes: number; log: Log };

export class Shard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly start: bigint;
  readonly end: bigint;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #log: Log;
  readonly #acknowledged: Acknowledged;
  segments: Segment[] = [];
  lastSequence = 0n;
  /** The last record that is on disk. */
  written = 0n;
  lastArrivalMs = 0;
  /** Why the last write failed, and how large it was; undefined once one has succeeded. */
  failure: { error: Error; bytes: number } | undefined;
  #handle: FileHandle | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #listeners = new Set<() => void>();
  /** Whether a failed write has left something behind the last complete record. */
  #isTorn = false;
  window = { second: 0, records: 0, bytes: 0 };

  constructor(places: ShardPlaces, { id, startHash, endHash, parents = [] }: ShardDescription) {
    this.#directory = join(places.stream, id);
    this.#acknowledged = new Acknowledged(places.acknowledged, id);
    this.#segmentBytes = places.segmentBytes;
    this.#log = places.log;
    this.id = id;
    this.parents = parents;
    this.start = BigInt(startHash);
    this.end = BigInt(endHash);
  }

  async open(): Promise<void> {
    await makeDirectory(this.#directory);
    const names = (await readdir(this.#directory)).filter(isSegmentName).sort();
    for (const [at, name] of names.entries()) {
      const path = join(this.#directory, name);
      const isLast = at === names.length - 1;
      const first = BigInt(name.slice(0, 20));
      const whole = isLast
        ? await recoverSegment(path, first, this.#log)
        : { bytes: (await stat(path)).size };
      this.segments.push({ path, first, bytes: whole.bytes });
      if ('last' in whole) {
        this.lastSequence = whole.last;
        this.written = whole.last;
        this.lastArrivalMs = whole.lastArrivalMs;
        this.#handle = await open(path, 'r+');
      }
    }
  }

  append(record: StreamRecord): Promise<void> {
    this.lastSequence = record.sequence;
    this.lastArrivalMs = record.arrivalMs;
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        frame: encodeFrame(record),
        sequence: record.sequence,
        finish: error => (error ? reject(error) : resolve()),
      });
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  /** Writes waiting records until none are left: all of them together, with one sync. */
  async #write(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const bytes = Buffer.concat(batch.map(({ frame }) => frame));
      try {
        await this.#writeBatch(bytes, batch[0]!.sequence, batch[batch.length - 1]!.sequence);
        this.failure = undefined;
      } catch (error) {
        this.failure = { error: error as Error, bytes: bytes.length };
      }
      for (const { finish } of batch) finish(this.failure?.error);
      if (!this.failure) this.wake();
    }
  }

  async #writeBatch(bytes: Buffer, first: bigint, last: bigint): Promise<void> {
    await this.mend();
    const segment = await this.#segmentFor(first);
    try {
      for (let written = 0; written < bytes.length; )
        written += (
          await this.#handle!.write(bytes, written, bytes.length - written, segment.bytes + written)
        ).bytesWritten;
      await this.#handle!.datasync();
      await this.#acknowledged.note(last);
      segment.bytes += bytes.length;
      this.written = last;
    } catch (error) {
      // Nobody has been told that these were taken.
      this.#isTorn = true;
      await this.mend().catch(() => undefined);
      throw error;
    }
  }

  /** Removes what a failed write has left; until that succeeds the shard takes nothing. */
  async mend(): Promise<void> {
    if (!this.#isTorn) return;
    await this.#handle!.truncate(this.segments[this.segments.length - 1]!.bytes);
    this.#isTorn = false;
  }

  /** The segment for records from `first` on: the last one, or a new one if that is full. */
  async #segmentFor(first: bigint): Promise<Segment> {
    const last = this.segments[this.segments.length - 1];
    if (last && last.bytes < this.#segmentBytes) {
      if (!this.#acknowledged.isBegun) await this.#acknowledged.begin(last.first);
      return last;
    }
    const segment = { path: join(this.#directory, segmentName(first)), first, bytes: 0 };
    const handle = await open(segment.path, 'wx+', 0o600);
    try {
      await syncDirectory(this.#directory);
      await this.#acknowledged.begin(first);
      await this.#handle?.close();
    } catch (error) {
      await handle.close();
      await unlink(segment.path).catch(() => undefined);
      throw error;
    }
    this.#handle = handle;
    this.segments.push(segment);
    return segment;
  }

  /**
   * How far each segment reaches that holds, or held, records after `after`, by its first sequence number.
   * Reads the segments completely: throws if one is damaged.
   */
  async reach(after: bigint): Promise<Map<bigint, bigint>> {
    const reach = new Map<bigint, bigint>();
    const last = this.segments.length - 1;
    for (const [at, segment] of this.segments.entries()) {
      if (at === last) reach.set(segment.first, this.lastSequence);
      else if (this.segments[at + 1]!.first > after + 1n)
        reach.set(segment.first, await lastOfSegment(segment));
    }
    return reach;
  }

  /** How far each segment was acknowledged, including deleted ones. */
  acknowledged(): Promise<AcknowledgedSegment[]> {
    return this.#acknowledged.segments();
  }

  /**
   * Records after `after`, as many as there are up to the limits; at least one if there is any. See
   * `readBytes`.
   */
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
          if (offset < segment.bytes) throw damagedSegment(segment.path, offset, 'its record cannot be read');
          break;
        }
      }
      const last = records[records.length - 1];
      Object.assign(hint, { path: segment.path, offset, after: last ? last.sequence : after });
    }
    return records;
  }

  /** How many bytes lie behind the place where a reader stopped; 0 if it names no segment. */
  bytesAfter({ path, offset }: ReadHint): number {
    const at = this.segments.findIndex(segment => segment.path === path);
    if (at < 0) return 0;
    return this.segments.slice(at).reduce((sum, { bytes }) => sum + bytes, -offset);
  }

  /** Waits until everything that it was given is on disk. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Makes its readers look once more. */
  wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  onRecords(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Deletes the segments whose records have all been consumed and are old. */
  async trim(consumed: bigint, olderThanMs: number): Promise<void> {
    while (this.segments.length > 1 && this.segments[1]!.first <= consumed + 1n) {
      const { path, first } = this.segments[0]!;
      if ((await stat(path)).mtimeMs >= olderThanMs) return;
      await unlink(path);
      this.segments.shift();
      await this.#acknowledged.forget(first);
    }
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#acknowledged.close();
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

/** What a record counts towards the limit of a read: its data, and roughly what an event holds besides. */
export const readBytes = ({ data }: StreamRecord): number => data.length + 256;

/** Where a reader stopped, so that it need not search for its place again. */
export type ReadHint = { path: string; offset: number; after: bigint };
export const noHint = (): ReadHint => ({ path: '', offset: 0, after: -1n });
