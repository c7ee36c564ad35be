/** The event that Lambda makes from records of a stream. */
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { roleArn } from '#embedded/account.ts';
import type { StreamRecord } from './frame.ts';

export const kinesisEvent = (
  streamArn: string,
  shard: string,
  records: readonly StreamRecord[],
): KinesisStreamEvent => ({
  Records: records.map(
    ({ sequence, arrivalMs, partitionKey, data }): KinesisStreamRecord => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber: String(sequence),
        data: data.toString('base64'),
        approximateArrivalTimestamp: arrivalMs / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shard}:${sequence}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: roleArn('archive'),
      awsRegion: 'local',
      eventSourceARN: streamArn,
    }),
  ),
});
