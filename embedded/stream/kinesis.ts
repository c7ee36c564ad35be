/**
 * A Kinesis stream in a directory. Checked against the API reference of November 2026.
 *
 * Serves: PutRecords (several shards by hash range, ExplicitHashKey, results by index, partial failure, the
 * limits of a call, throughput of a shard as an option), DescribeStreamSummary, SplitShard and MergeShards;
 * for the event source, the records of a shard in order, and the parents of each shard.
 *
 * Refuses: every other command, loudly; a put that exceeds a limit. Differs: records are kept until they have
 * been consumed and are older than `retainMs`; a closed shard stays; a split or a merge is done when it
 * answers; sequence numbers are short; a call is at most 5 MiB and a record 1 MiB, the service's limits before
 * 2025.
 *
 * A record is acknowledged once it is on disk (shard.ts). The arrival time never decreases.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  DescribeStreamSummaryCommand,
  type DescribeStreamSummaryCommandOutput,
  MergeShardsCommand,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
  type PutRecordsRequestEntry,
  type PutRecordsResultEntry,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { streamId } from '#domain/archive/layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { account } from '#embedded/account.ts';
import { makeDirectory } from '#embedded/files.ts';
import type { AcknowledgedSegment } from './acknowledged.ts';
import type { StreamRecord } from './frame.ts';
import { exception, isWithinThroughput, sizesWithinLimits } from './kinesis-limits.ts';
import type { KinesisOptions, ReadLimits } from './kinesis-options.ts';
import {
  describeShard,
  planMerge,
  planSplit,
  type Resharding,
  shardId,
  withoutParents,
} from './resharding.ts';
import { type ReadHint, Shard, type ShardPlaces } from './shard.ts';
import {
  describeSummary,
  newStreamDescription,
  readStreamDescription,
  type StreamDescription,
  writeStreamDescription,
} from './stream-description.ts';

/** What readers see of a shard. */
export type StreamShard = Pick<Shard, 'id' | 'parents' | 'start' | 'end' | 'written' | 'bytesAfter'>;

export class EmbeddedKinesis {
  readonly streamName: string;
  readonly createdAt: number;
  /** Where each stream that ever existed notes what it has acknowledged: beside the stream, not in it. */
  readonly acknowledgedDirectory: string;
  readonly #directory: string;
  readonly #temporary: string;
  #shards: Shard[];
  #open: Shard[];
  readonly #ended = new Set<string>();
  /** The current split or merge: one at a time. */
  #resharding: Promise<unknown> = Promise.resolve();
  readonly #options: KinesisOptions;
  #sequence = 0n;
  #arrivalMs = 0;

  private constructor(
    directory: string,
    temporary: string,
    description: StreamDescription,
    options: KinesisOptions,
  ) {
    this.#directory = directory;
    this.#temporary = temporary;
    this.streamName = description.name;
    this.createdAt = description.createdAt;
    this.acknowledgedDirectory = join(dirname(directory), 'acknowledged');
    this.#options = options;
    this.#shards = description.shards.map(shard => new Shard(this.#places(), shard));
    this.#open = withoutParents(this.#shards);
    for (const { id } of this.#shards) if (!this.#open.some(shard => shard.id === id)) this.#ended.add(id);
  }

  static async open(directory: string, temporary: string, options: KinesisOptions): Promise<EmbeddedKinesis> {
    await makeDirectory(directory);
    const known = await readStreamDescription(directory);
    const { streamName, shards, nowMs = Date.now } = options;
    const description = known ?? newStreamDescription(streamName, shards, nowMs());
    if (!known) await writeStreamDescription(directory, temporary, description);
    const kinesis = new EmbeddedKinesis(directory, temporary, description, options);
    for (const shard of kinesis.#shards) {
      await shard.open();
      kinesis.goOnAbove(shard.lastSequence, shard.lastArrivalMs);
    }
    return kinesis;
  }

  #places(): ShardPlaces {
    const { segmentBytes = 64 * 1024 * 1024, log = () => undefined } = this.#options;
    return { stream: this.#directory, acknowledged: this.acknowledgedOf(this.id), segmentBytes, log };
  }

  /** The name and the creation time, by which the watermarks know the stream. */
  get id(): string {
    return streamId(this.streamName, instantOfMilliseconds(this.createdAt));
  }

  acknowledgedOf(stream: string): string {
    return join(this.acknowledgedDirectory, stream);
  }

  /** From now on every sequence number is greater than this one, and no record arrives earlier. */
  goOnAbove(sequence: bigint, arrivalMs: number): void {
    if (sequence > this.#sequence) this.#sequence = sequence;
    this.#arrivalMs = Math.max(this.#arrivalMs, arrivalMs);
  }

  /** Every shard that ever existed, parents before their children. */
  get shards(): readonly StreamShard[] {
    return this.#shards;
  }

  get shardIds(): string[] {
    return this.#shards.map(({ id }) => id);
  }

  /** Whether a shard takes no further records, and all that it took are on disk. */
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
      return this.#reshard(StreamName, () =>
        planSplit(this.#openShard(ShardToSplit), BigInt(NewStartingHashKey!)),
      );
    }
    if (command instanceof MergeShardsCommand) {
      const { StreamName, ShardToMerge, AdjacentShardToMerge } = command.input;
      return this.#reshard(StreamName, () =>
        planMerge(this.#openShard(ShardToMerge), this.#openShard(AdjacentShardToMerge)),
      );
    }
    throw new Error(`The embedded Kinesis does not serve ${(command as object).constructor.name}`);
  }

  #describe(name: string | undefined): DescribeStreamSummaryCommandOutput {
    this.#requireStream(name);
    return describeSummary(this, this.#open.length);
  }

  get arn(): string {
    return `arn:aws:kinesis:local:${account}:stream/${this.streamName}`;
  }

  async #putRecords(
    name: string | undefined,
    entries: readonly PutRecordsRequestEntry[],
  ): Promise<PutRecordsCommandOutput> {
    this.#requireStream(name);
    const sizes = sizesWithinLimits(entries);
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
    if (!isWithinThroughput(this.#options.throughput, shard.window, now, size))
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

  /** Closes the parents and opens their children. Recorded first, so that no record is in an unknown shard. */
  #reshard(name: string | undefined, plan: () => Resharding<Shard>): Promise<unknown> {
    const reshard = async (): Promise<unknown> => {
      this.#requireStream(name);
      const { parents, ranges } = plan();
      const added = ranges.map((range, i) => describeShard(shardId(this.#shards.length + i), range, parents));
      const children: Shard[] = [];
      for (const child of added) {
        const shard = new Shard(this.#places(), child);
        await shard.open();
        children.push(shard);
      }
      const known = this.#shards.map(({ id, start, end, parents }) => ({
        ...describeShard(id, [start, end]),
        parents: [...parents],
      }));
      await writeStreamDescription(this.#directory, this.#temporary, {
        name: this.streamName,
        createdAt: this.createdAt,
        shards: [...known, ...added],
      });
      this.#shards = [...this.#shards, ...children];
      this.#open = withoutParents(this.#shards);
      for (const parent of parents) {
        await parent.flushed();
        this.#ended.add(parent.id);
        parent.wake();
      }
      return { $metadata: { httpStatusCode: 200 } };
    };
    const done = this.#resharding.then(reshard);
    this.#resharding = done.catch(() => undefined);
    return done;
  }

  #requireStream(name: string | undefined): void {
    if (name !== this.streamName)
      throw exception('ResourceNotFoundException', `There is no stream "${name}"`);
  }

  #shard(id: string): Shard {
    return this.#shards.find(shard => shard.id === id)!;
  }

  /** For the event source: the counterpart of GetRecords for Lambda. */
  read(shardId: string, after: bigint, most: ReadLimits, hint: ReadHint): Promise<StreamRecord[]> {
    return this.#shard(shardId).read(after, most.maxCount, most.maxBytes, hint);
  }

  /** How far the segments of a shard reach that may hold records after `after`; see `Shard.reach`. */
  reach(shardId: string, after: bigint): Promise<Map<bigint, bigint>> {
    return this.#shard(shardId).reach(after);
  }

  /** How far each segment of a shard was acknowledged. */
  acknowledged(shardId: string): Promise<AcknowledgedSegment[]> {
    return this.#shard(shardId).acknowledged();
  }

  /** The last failed write of a shard, if no write has succeeded since. */
  get failure(): Shard['failure'] {
    return this.#shards.map(({ failure }) => failure).find(failure => failure !== undefined);
  }

  /** Lets every shard take records again that can; throws if one cannot. */
  async mend(): Promise<void> {
    for (const shard of this.#shards) await shard.mend();
  }

  /** Calls `listener` whenever records of the shard are on disk; returns how to end that. */
  onRecords(shardId: string, listener: () => void): () => void {
    return this.#shard(shardId).onRecords(listener);
  }

  /** Deletes what has been consumed up to `sequence` and is older than the stream retains. */
  trim(shardId: string, sequence: bigint): Promise<void> {
    const retainMs = this.#options.retainMs ?? 24 * 3_600_000;
    return this.#shard(shardId).trim(sequence, (this.#options.nowMs ?? Date.now)() - retainMs);
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close();
  }
}

const md5 = (key: string): bigint => BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
