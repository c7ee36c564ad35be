import { describe, expect, it } from 'vitest';
import { partitionKey } from '#domain/archive/bucket.ts';
import { gapsOfOnFailure } from '#domain/archive/gap.ts';
import { givenUp } from '#embedded/stream/given-up.ts';
import { kinesisEvent } from '#embedded/stream/kinesis-event.ts';

describe('records that were given up', () => {
  it('are put aside with their data, under a name from which their gap is read', () => {
    const records = [5n, 7n].map(sequence => ({
      sequence,
      arrivalMs: Date.parse('2026-11-25T10:00:00Z'),
      partitionKey: partitionKey(3),
      data: Buffer.from('data'),
    }));
    const event = kinesisEvent('arn', 'shardId-000000000001', records);
    const atMs = Date.parse('2026-12-01T10:00:00Z');
    const { key, body } = givenUp(event, { arn: 'arn', shard: 'shardId-000000000001', atMs });
    expect(key).toMatch(
      /^aws\/lambda\/[0-9a-f-]+\/shardId-000000000001\/2026\/12\/01\/2026-12-01T10\.00\.00-[0-9a-f-]{36}$/,
    );
    const said = JSON.parse(body.toString()) as { KinesisBatchInfo: object; payload: string };
    expect(said.KinesisBatchInfo).toMatchObject({
      startSequenceNumber: '5',
      endSequenceNumber: '7',
      batchSize: 2,
    });
    expect(JSON.parse(said.payload)).toEqual(event);
    expect(gapsOfOnFailure(key, body.toString(), '', 32)).toMatchObject([{ bucket: 3 }, { bucket: 3 }]);
  });
});
