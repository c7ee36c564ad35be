/** What Lambda puts to the on-failure destination when it gives up on records: with their data, embedded. */
import { randomUUID } from 'node:crypto';
import type { KinesisStreamEvent } from 'aws-lambda';
import { onFailurePrefix } from '#domain/archive/layout.ts';
import { eventSourceId } from '#embedded/account.ts';

type Place = { arn: string; shard: string; atMs: number };

/** `event` holds the records, at least one. */
export const givenUp = (
  { Records }: KinesisStreamEvent,
  { arn, shard, atMs }: Place,
): { key: string; body: Buffer } => {
  const at = new Date(atMs).toISOString();
  const [day, time] = [at.slice(0, 10).replaceAll('-', '/'), at.slice(0, 19).replaceAll(':', '.')];
  const body = {
    requestContext: { condition: 'RecordAgeExceeded', functionArn: 'archive' },
    version: '1.0',
    timestamp: at,
    KinesisBatchInfo: {
      shardId: shard,
      startSequenceNumber: Records[0]!.kinesis.sequenceNumber,
      endSequenceNumber: Records[Records.length - 1]!.kinesis.sequenceNumber,
      batchSize: Records.length,
      streamArn: arn,
    },
    payload: JSON.stringify({ Records }),
  };
  return {
    key: `${onFailurePrefix}${eventSourceId}/${shard}/${day}/${time}-${randomUUID()}`,
    body: Buffer.from(JSON.stringify(body)),
  };
};
