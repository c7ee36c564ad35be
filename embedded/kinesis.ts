/**
 * A Kinesis stream in a directory. Checked against the API reference of November 2026.
 *
 * Serves: PutRecords (several shards by hash range, ExplicitHashKey, results by index, partial failure, the
 *   limits of a call, throughput of a shard as an option), DescribeStreamSummary, SplitShard and MergeShards; to the
 *   event source beside it, the records of a shard in order, and which shards came of which.
 * Refuses: every other command, loudly; a put that is over a limit.
 * Differs: records are kept until they have been consumed and are older than `retainMs`; a closed shard stays; a
 *   split or a merge is done when it answers; sequence numbers are short; a call is at most 5 MiB and a record 1 MiB, as the service had it before 2025.
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
  MergeShardsCommand,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
  type PutRecordsRequestEntry,
  type PutRecordsResultEntry,
  SplitShardCommand,
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
  readonly #directory: string;
  readonly #temporary: string;
  #shards: Shard[];
  #open: Shard[];
  readonly #ended = new Set<string>();
  /** The split or merge under way: one at a time. */
  #resharding: Promise<unknown> = Promise.resolve();
  readonly #options: KinesisOptions;
  #sequence: bigint;
  #arrivalMs: number;

  private constructor(
    directory: string,
    temporary: string,
    description: StreamDescription,
    shards: Shard[],
    options: KinesisOptions,
  ) {
    this.#directory = directory;
    this.#temporary = temporary;
    this.streamName = description.name;
    this.createdAt = description.createdAt;
    this.#shards = shards;
    this.#open = withoutParents(shards);
    for (const { id } of shards) if (!this.#open.some(shard => shard.id === id)) this.#ended.add(id);
    this.#options = options;
    const sequences = shards.map(shard => shard.lastSequence).sort((a, b) => (a < b ? -1 : 1));
    this.#sequence = sequences[sequences.length - 1] ?? 0n;
    this.#arrivalMs = Math.max(...shards.map(shard => shard.lastArrivalMs));
  }

  static async open(directory: string, temporary: string, options: KinesisOptions): Promise<EmbeddedKinesis> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = descriptionPath(directory);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const shards = Array.from({ length: options.shards }, (_, i) => ({
        id: shardId(i),
        startHash: String((BigInt(i) * hashRange) / BigInt(options.shards)),
        endHash: String((BigInt(i + 1) * hashRange) / BigInt(options.shards) - 1n),
      }));
      text = JSON.stringify({ name: options.streamName, createdAt: (options.nowMs ?? Date.now)(), shards });
      await writeDurably(temporary, path, text);
    }
    const description = JSON.parse(text) as StreamDescription;
    const shards: Shard[] = [];
    for (const shard of description.shards) shards.push(await openShard(directory, shard, options));
    return new EmbeddedKinesis(directory, temporary, description, shards, options);
  }

  /** Every shard there has been, parents before their children. */
  get shards(): readonly { id: string; parents: readonly string[] }[] {
    return this.#shards;
  }

  get shardIds(): string[] {
    return this.#shards.map(({ id }) => id);
  }

  /** Whether a shard takes no more records, and all that it took are on disk. */
  hasEnded(id: string): boolean {
    return this.#ended.has(id);
  }

  async send(command: PutRecordsCommand): Promise<PutRecordsCommandOutput>;
  async send(command: DescribeStreamSummaryCommand): Promise<DescribeStreamSummaryCommandOutput>;
  async send(command: SplitShardCommand | MergeShardsCommand): Promise<unknown>;
  async send(command: unknown): Promise<unknown> {
    if (command instanceof PutRecordsCommand)
      return this.#putRecords(command.input.StreamName, command.input.Records ?? []);
    if (command instanceof DescribeStreamSummaryCommand) return this.#describe(command.input.StreamName);
    if (command instanceof SplitShardCommand) {
      const { StreamName, ShardToSplit, NewStartingHashKey } = command.input;
      return this.#reshard(StreamName, () => this.#split(ShardToSplit, BigInt(NewStartingHashKey!)));
    }
    if (command instanceof MergeShardsCommand) {
      const { StreamName, ShardToMerge, AdjacentShardToMerge } = command.input;
      return this.#reshard(StreamName, () => this.#merge(ShardToMerge, AdjacentShardToMerge));
    }
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
        OpenShardCount: this.#open.length,
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
    const shard = this.#open.find(({ start, end }) => start <= hash && hash <= end)!;
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

  #openShard(id: string | undefined): Shard {
    const shard = this.#open.find(open => open.id === id);
    if (!shard) throw exception('ResourceNotFoundException', `There is no open shard "${id}"`);
    return shard;
  }

  #split(id: string | undefined, at: bigint): { parents: Shard[]; ranges: [bigint, bigint][] } {
    const parent = this.#openShard(id);
    if (at <= parent.start || at > parent.end)
      throw refused(`A shard is split within its range, ${parent.start} to ${parent.end}`);
    return {
      parents: [parent],
      ranges: [
        [parent.start, at - 1n],
        [at, parent.end],
      ],
    };
  }

  #merge(
    id: string | undefined,
    adjacentId: string | undefined,
  ): { parents: Shard[]; ranges: [bigint, bigint][] } {
    const parents = [this.#openShard(id), this.#openShard(adjacentId)].sort((a, b) =>
      a.start < b.start ? -1 : 1,
    );
    const [first, second] = parents as [Shard, Shard];
    if (first.end + 1n !== second.start) throw refused('Only adjacent shards can be merged');
    return { parents, ranges: [[first.start, second.end]] };
  }

  /** Closes the parents and opens their children. Recorded first, so that no record is in a shard that nobody knows. */
  #reshard(
    name: string | undefined,
    plan: () => { parents: Shard[]; ranges: [bigint, bigint][] },
  ): Promise<unknown> {
    const reshard = async (): Promise<unknown> => {
      this.#requireStream(name);
      const { parents, ranges } = plan();
      const added = ranges.map(([start, end], i) => ({
        id: shardId(this.#shards.length + i),
        startHash: String(start),
        endHash: String(end),
        parents: parents.map(({ id }) => id),
      }));
      const children: Shard[] = [];
      for (const child of added) children.push(await openShard(this.#directory, child, this.#options));
      const known = this.#shards.map(({ id, start, end, parents }) => ({
        id,
        startHash: String(start),
        endHash: String(end),
        parents: [...parents],
      }));
      const description: StreamDescription = {
        name: this.streamName,
        createdAt: this.createdAt,
        shards: [...known, ...added],
      };
      await writeDurably(this.#temporary, descriptionPath(this.#directory), JSON.stringify(description));
      this.#shards = [...this.#shards, ...children];
      this.#open = withoutParents(this.#shards);
      for (const parent of parents) {
        await parent.settled();
        this.#ended.add(parent.id);
        parent.wake();
      }
      return { $metadata: { httpStatusCode: 200 } };
    };
    const done = this.#resharding.then(reshard);
    this.#resharding = done.catch(() => undefined);
    return done;
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

const descriptionPath = (directory: string): string => join(directory, 'stream.json');
const shardId = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;

const openShard = async (
  directory: string,
  description: ShardDescription,
  options: KinesisOptions,
): Promise<Shard> => {
  const shard = new Shard(directory, description, options.segmentBytes ?? 64 * 1024 * 1024);
  await shard.open();
  return shard;
};

/** The shards that take records: those that nothing came of. */
const withoutParents = (shards: readonly Shard[]): Shard[] => {
  const closed = new Set(shards.flatMap(({ parents }) => parents));
  return shards.filter(({ id }) => !closed.has(id));
};

const md5 = (key: string): bigint => BigInt(`0x${createHash('md5').update(key).digest('hex')}`);

const exception = (name: string, message: string): KinesisServiceException =>
  new KinesisServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });

const refused = (message: string): KinesisServiceException => exception('ValidationException', message);
