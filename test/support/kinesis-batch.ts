/** Batches as Lambda passes them to archive. */
import type { KinesisStreamEvent } from 'aws-lambda';
import { partitionKey } from '#domain/archive/bucket.ts';

/** `key` replaces the partition key of the bucket. */
export type GivenRecord = { data: Buffer; bucket: number; arrivalMs: number; key?: string };

/** The records, with consecutive sequence numbers. */
export const kinesisBatch = (
  shard: string,
  given: readonly GivenRecord[],
  first: number,
): KinesisStreamEvent => ({
  Records: given.map(({ data, bucket, arrivalMs, key }, i) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: key ?? partitionKey(bucket),
      sequenceNumber: String(first + i),
      data: data.toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shard}:${first + i}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: '',
    awsRegion: '',
    eventSourceARN: '',
  })),
});
