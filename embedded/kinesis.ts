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
 * A record is acknowledged once it is on disk (shard.ts). The arrival time never goes back.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeStreamSummaryCommand,
  type DescribeStreamSummaryCommandOutput,
  KinesisServiceException,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
  type PutRecordsRequestEntry,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import { writeDurably } from './files.ts';
import { maxRecordBytes, type ReadHint, Shard, type ShardDescription, type StreamRecord } from './shard.ts';

const maxRecords = 500;
const maxCallBytes = 5 * 1024 * 1024;
const hashRange = 1n << 128n;

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

type StreamDescription = { name: string; createdAt: number; shards: ShardDescription[] };

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
