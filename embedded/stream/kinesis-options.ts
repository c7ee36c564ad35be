/** How an embedded stream is opened and read. */
import type { PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import type { Log } from '#functions/runtime/log.ts';
import type { Throughput } from './kinesis-limits.ts';

/** For tests, why a record of a call is to fail: the code that PutRecords returns for it. */
export type Fault = 'ProvisionedThroughputExceededException' | 'InternalFailure';

export type KinesisOptions = {
  streamName: string;
  shards: number;
  /** What a shard takes in a second; the service's limits are 1,000 records and 1 MiB. Left out: no limit. */
  throughput?: Throughput;
  fault?: (entry: PutRecordsRequestEntry, index: number) => Fault | undefined;
  segmentBytes?: number;
  retainMs?: number;
  nowMs?: () => number;
  log?: Log;
};

export type ReadLimits = { maxCount: number; maxBytes: number };
