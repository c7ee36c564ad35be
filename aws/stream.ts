/**
 * Puts packs on the Kinesis stream. PutRecords can fail in part with HTTP 200: only the refused packs are
 * sent again, until all are taken or the deadline has passed. A pack counts as taken only if it has a
 * sequence number. A request that ended without a response may have been taken, and is sent again, since the
 * log drops duplicates but cannot restore losses.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from '@aws-sdk/client-kinesis';
import { allBuckets, explicitHashKey, partitionKey, refusedPartitionKey } from '#domain/archive/bucket.ts';
import { streamId } from '#domain/archive/layout.ts';
import type { Pack } from '#domain/archive/pack.ts';
import type { RecordPosition } from '#domain/archive/watermark.ts';
import { type Backoff, pauseMs } from '#domain/backoff.ts';
import { instantOfMilliseconds } from '#domain/time.ts';

export const maxRecordsInCall = 500;
/** The service accepts 10 MiB since 2025; every region and stand-in accepts 5 MiB. */
export const maxBytesInCall = 5 * 1024 * 1024;

/** Where a pack is in the stream. */
export type Position = Pick<RecordPosition, 'shard' | 'sequence'>;
/** The position of each pack, undefined if the stream did not take it; and the last reason for a failure. */
export type PutOutcome = { positions: (Position | undefined)[]; reason: string | undefined };

/** The stream did not take every pack, so nothing may depend on them; a retry puts all of them again. */
export class NotTaken extends Error {
  override name = 'NotTaken';
}

export type StreamOptions = {
  streamName: string;
  buckets: number;
  deadlineMs: number;
  backoff: Backoff;
  nowMs(): number;
};

/** Errors that a retry cannot fix. */
const hopeless = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ValidationException',
  'InvalidArgumentException',
]);

export class Stream {
  readonly #client: Pick<KinesisClient, 'send'>;
  readonly #options: StreamOptions;
  readonly #hashKeys: string[];
  #id: Promise<string> | undefined;

  constructor(client: Pick<KinesisClient, 'send'>, options: StreamOptions) {
    this.#client = client;
    this.#options = options;
    this.#hashKeys = allBuckets(options.buckets).map(bucket => explicitHashKey(bucket, options.buckets));
  }

  /** The stream's name and creation time: a stream that is deleted and created again is a different one. */
  id(): Promise<string> {
    this.#id ??= this.#describe().catch(error => {
      this.#id = undefined;
      throw error;
    });
    return this.#id;
  }

  async #describe(): Promise<string> {
    const { streamName } = this.#options;
    const output = await this.#client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
    const createdAt = output.StreamDescriptionSummary!.StreamCreationTimestamp!;
    return streamId(streamName, instantOfMilliseconds(createdAt.getTime()));
  }

  async put(packs: readonly Pack[]): Promise<PutOutcome> {
    const { backoff, deadlineMs, nowMs } = this.#options;
    const deadline = nowMs() + deadlineMs;
    const outcome: PutOutcome = { positions: packs.map(() => undefined), reason: undefined };
    let missing = packs.map((_, at) => at);
    for (let attempt = 0; ; attempt++) {
      const isHopeless = (
        await Promise.all(inCalls(packs, missing).map(call => this.#putCall(packs, call, outcome)))
      ).includes(true);
      missing = missing.filter(at => outcome.positions[at] === undefined);
      if (missing.length === 0 || isHopeless) return outcome;
      const wait = pauseMs(backoff, attempt);
      if (nowMs() + wait >= deadline) return outcome;
      await backoff.sleep(wait);
    }
  }

  /** Puts the packs, and returns the position of each; throws if the stream did not take all of them. */
  async putAll(packs: readonly Pack[]): Promise<RecordPosition[]> {
    const stream = await this.id();
    const { positions, reason } = await this.put(packs);
    const missing = positions.filter(position => position === undefined).length;
    if (missing > 0)
      throw new NotTaken(`${missing} of ${packs.length} records were not taken by the stream: ${reason}`);
    return packs.map(({ bucket }, at) => ({ bucket, stream, ...positions[at]! }));
  }

  /** Sends the packs of one call, given by index; returns true if a retry cannot help. */
  async #putCall(packs: readonly Pack[], call: readonly number[], outcome: PutOutcome): Promise<boolean> {
    const Records = call.map((at): PutRecordsRequestEntry => {
      const { bucket, data, isRefused } = packs[at]!;
      const PartitionKey = isRefused ? refusedPartitionKey(bucket) : partitionKey(bucket);
      return { Data: data, PartitionKey, ExplicitHashKey: this.#hashKeys[bucket] };
    });
    try {
      const output = await this.#client.send(
        new PutRecordsCommand({ StreamName: this.#options.streamName, Records }),
      );
      call.forEach((at, i) => {
        const result = output.Records?.[i];
        if (result?.SequenceNumber && result.ShardId)
          outcome.positions[at] = { shard: result.ShardId, sequence: result.SequenceNumber };
        else outcome.reason = result?.ErrorCode ?? 'NoResult';
      });
      return false;
    } catch (error) {
      outcome.reason = (error as Error).name;
      return hopeless.has(outcome.reason);
    }
  }
}

/** Divides the remaining packs, by index, into calls that PutRecords accepts. */
const inCalls = (packs: readonly Pack[], places: readonly number[]): number[][] => {
  const calls: number[][] = [];
  let bytes = 0;
  for (const at of places) {
    const size = packs[at]!.data.length + 256;
    const call = calls[calls.length - 1];
    if (call && call.length < maxRecordsInCall && bytes + size <= maxBytesInCall) {
      call.push(at);
      bytes += size;
    } else {
      calls.push([at]);
      bytes = size;
    }
  }
  return calls;
};
