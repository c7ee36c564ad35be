/**
 * A Kinesis stream in a directory. Checked against the API reference of November 2026.
 *
 * Serves: PutRecords (several shards by hash range, ExplicitHashKey, results by index, partial failure, the
 *   limits of a call, throughput of a shard as an option) and DescribeStreamSummary; to the event source beside
 *   it, the records of a shard in order.
 * Refuses: every other command, loudly; a put that is over a limit.
 * Differs: records are kept until they have been consumed and are older than `retainMs`; sequence numbers are
 *   short; a call is at most 5 MiB and a record 1 MiB, as the service had it before 2025.
 *
 * A record is acknowledged once it is on disk: what arrives while the disk is busy is written together. The
 * arrival time never goes back. A record cut short by a crash was never acknowledged, and is cut off.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  DescribeStreamSummaryCommand,
  type DescribeStreamSummaryCommandOutput,
  KinesisServiceException,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
  type PutRecordsRequestEntry,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import { syncDirectory, writeDurably } from './files.ts';

const maxRecords = 500;
const maxRecordBytes = 1024 * 1024;
const maxCallBytes = 5 * 1024 * 1024;
const hashRange = 1n << 128n;

export type StreamRecord = { sequence: bigint; arrivalMs: number; partitionKey: string; data: Buffer };
/** Why a record of a call is to fail, for tests: the code that PutRecords gives it. */
export type Fault = 'ProvisionedThroughputExceededException' | 'InternalFailure';

export type KinesisOptions = {
  streamName: string;
  shards: number;
  /** What a shard takes in a second; the service's are 1,000 records and 1 MiB. Left out: no limit. */
  throughput?: { records: number; bytes: number };
  fault?: (entry: PutRecordsRequestEntry, index: number) => Fault | undefined;
  segmentBytes?: number;
  retainMs?: number;
  nowMs?: () => number;
};

type ShardDescription = { id: string; startHash: string; endHash: string };
type StreamDescription = { name: string; createdAt: number; shards: ShardDescription[] };

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

type Segment = { path: string; first: bigint; bytes: number };
type Waiting = { frame: Buffer; sequence: bigint; settle(error: Error | undefined): void };

/** One shard: segments of frames, written at the end by one writer. */
class Shard {
  readonly id: string;
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

  constructor(directory: string, { id, startHash, endHash }: ShardDescription, segmentBytes: number) {
    this.#directory = join(directory, id);
    this.id = id;
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
      if (!failure) for (const listener of [...this.#listeners]) listener();
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

  /** Records after `after`, as many as there are up to the limits; at least one where there is any. */
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
              (records.length > 0 && bytes + frame.record.data.length > maxBytes)
            ) {
              Object.assign(hint, {
                path: segment.path,
                offset: offset + used,
                after: records[records.length - 1]!.sequence,
              });
              return records;
            }
            records.push(frame.record);
            bytes += frame.record.data.length;
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

export class EmbeddedKinesis {
  readonly streamName: string;
  readonly createdAt: number;
  readonly #shards: Shard[];
  readonly #options: KinesisOptions;
  #sequence: bigint;
  #arrivalMs: number;

  private constructor(description: StreamDescription, shards: Shard[], options: KinesisOptions) {
    this.streamName = description.name;
    this.createdAt = description.createdAt;
    this.#shards = shards;
    this.#options = options;
    const sequences = shards.map(shard => shard.lastSequence).sort((a, b) => (a < b ? -1 : 1));
    this.#sequence = sequences[sequences.length - 1] ?? 0n;
    this.#arrivalMs = Math.max(...shards.map(shard => shard.lastArrivalMs));
  }

  static async open(directory: string, temporary: string, options: KinesisOptions): Promise<EmbeddedKinesis> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, 'stream.json');
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const shards = Array.from({ length: options.shards }, (_, i) => ({
        id: `shardId-${String(i).padStart(12, '0')}`,
        startHash: String((BigInt(i) * hashRange) / BigInt(options.shards)),
        endHash: String((BigInt(i + 1) * hashRange) / BigInt(options.shards) - 1n),
      }));
      text = JSON.stringify({ name: options.streamName, createdAt: (options.nowMs ?? Date.now)(), shards });
      await writeDurably(temporary, path, text);
    }
    const description = JSON.parse(text) as StreamDescription;
    const shards = description.shards.map(
      shard => new Shard(directory, shard, options.segmentBytes ?? 64 * 1024 * 1024),
    );
    for (const shard of shards) await shard.open();
    return new EmbeddedKinesis(description, shards, options);
  }

  get shardIds(): string[] {
    return this.#shards.map(({ id }) => id);
  }

  async send(command: PutRecordsCommand): Promise<PutRecordsCommandOutput>;
  async send(command: DescribeStreamSummaryCommand): Promise<DescribeStreamSummaryCommandOutput>;
  async send(command: unknown): Promise<unknown> {
    if (command instanceof PutRecordsCommand)
      return this.#putRecords(command.input.StreamName, command.input.Records ?? []);
    if (command instanceof DescribeStreamSummaryCommand) return this.#describe(command.input.StreamName);
    throw new Error(`The embedded Kinesis does not serve ${(command as object).constructor.name}`);
  }

  #describe(name: string | undefined): DescribeStreamSummaryCommandOutput {
    this.#requireStream(name);
    return {
      $metadata: { httpStatusCode: 200 },
      StreamDescriptionSummary: {
        StreamName: this.streamName,
        StreamARN: this.arn,
        StreamStatus: 'ACTIVE',
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: new Date(this.createdAt),
        EnhancedMonitoring: [],
        OpenShardCount: this.#shards.length,
      },
    };
  }

  get arn(): string {
    return `arn:aws:kinesis:local:000000000000:stream/${this.streamName}`;
  }

  async #putRecords(
    name: string | undefined,
    entries: readonly PutRecordsRequestEntry[],
  ): Promise<PutRecordsCommandOutput> {
    this.#requireStream(name);
    const sizes = entries.map(
      ({ Data, PartitionKey }) => (Data?.length ?? 0) + Buffer.byteLength(PartitionKey ?? ''),
    );
    if (entries.length < 1 || entries.length > maxRecords)
      throw refused(`A call has 1 to ${maxRecords} records, this one ${entries.length}`);
    if (sizes.some(size => size > maxRecordBytes))
      throw refused(`A record has at most ${maxRecordBytes} bytes`);
    if (sizes.reduce((sum, size) => sum + size, 0) > maxCallBytes)
      throw refused(`A call has at most ${maxCallBytes} bytes`);
    const Records = await Promise.all(entries.map((entry, index) => this.#put(entry, index, sizes[index]!)));
    return {
      $metadata: { httpStatusCode: 200 },
      FailedRecordCount: Records.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
      Records,
    };
  }

  async #put(entry: PutRecordsRequestEntry, index: number, size: number): Promise<PutRecordsResultEntry> {
    const { Data, PartitionKey, ExplicitHashKey } = entry;
    const fault = this.#options.fault?.(entry, index);
    if (fault) return { ErrorCode: fault, ErrorMessage: 'A fault that was asked for' };
    const hash = ExplicitHashKey === undefined ? md5(PartitionKey!) : BigInt(ExplicitHashKey);
    const shard = this.#shards.find(({ start, end }) => start <= hash && hash <= end)!;
    const now = (this.#options.nowMs ?? Date.now)();
    if (!this.#isWithinThroughput(shard, now, size))
      return {
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage: `Rate exceeded for shard ${shard.id}`,
      };
    this.#arrivalMs = Math.max(now, this.#arrivalMs);
    this.#sequence += 1n;
    const sequence = this.#sequence;
    try {
      await shard.append({
        sequence,
        arrivalMs: this.#arrivalMs,
        partitionKey: PartitionKey!,
        data: Buffer.from(Data!),
      });
      return { SequenceNumber: String(sequence), ShardId: shard.id };
    } catch (error) {
      return { ErrorCode: 'InternalFailure', ErrorMessage: (error as Error).message };
    }
  }

  #isWithinThroughput({ window }: Shard, now: number, size: number): boolean {
    const { throughput } = this.#options;
    if (!throughput) return true;
    const second = Math.floor(now / 1000);
    if (window.second !== second) Object.assign(window, { second, records: 0, bytes: 0 });
    if (window.records + 1 > throughput.records || window.bytes + size > throughput.bytes) return false;
    window.records += 1;
    window.bytes += size;
    return true;
  }

  #requireStream(name: string | undefined): void {
    if (name !== this.streamName)
      throw exception('ResourceNotFoundException', `There is no stream "${name}"`);
  }

  #shard(id: string): Shard {
    return this.#shards.find(shard => shard.id === id)!;
  }

  /** For the event source: what GetRecords is to Lambda. */
  read(
    shardId: string,
    after: bigint,
    maxCount: number,
    maxBytes: number,
    hint: ReadHint,
  ): Promise<StreamRecord[]> {
    return this.#shard(shardId).read(after, maxCount, maxBytes, hint);
  }

  /** Calls `listener` whenever records of the shard have come to disk; gives what ends that. */
  onRecords(shardId: string, listener: () => void): () => void {
    return this.#shard(shardId).onRecords(listener);
  }

  /** Lets go of what has been consumed up to `sequence` and is older than the stream retains. */
  trim(shardId: string, sequence: bigint): Promise<void> {
    const retainMs = this.#options.retainMs ?? 24 * 3_600_000;
    return this.#shard(shardId).trim(sequence, (this.#options.nowMs ?? Date.now)() - retainMs);
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close();
  }
}

const md5 = (key: string): bigint => BigInt(`0x${createHash('md5').update(key).digest('hex')}`);

const exception = (name: string, message: string): KinesisServiceException =>
  new KinesisServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });

const refused = (message: string): KinesisServiceException => exception('ValidationException', message);
