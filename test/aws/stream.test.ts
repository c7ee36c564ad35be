import type { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { Stream } from '#aws/stream.ts';
import { quietBackoff } from '#test/support/world.ts';

type Sent = { keys: string[]; bytes: number };
type Reply = (key: string, call: number) => string | undefined;

/** A client that refuses what `refuse` says with a code, or throws an error of the name that `fail` gives. */
const client = (refuse: Reply, fail: (call: number) => string | undefined = () => undefined) => {
  const sent: Sent[] = [];
  let sequence = 0;
  const send = async (command: PutRecordsCommand) => {
    const records = command.input.Records!;
    const call =
      sent.push({
        keys: records.map(({ PartitionKey }) => PartitionKey!),
        bytes: records.reduce((sum, { Data }) => sum + Data!.length, 0),
      }) - 1;
    const error = fail(call);
    if (error) throw Object.assign(new Error('no'), { name: error });
    return {
      Records: records.map(({ PartitionKey }) => {
        const ErrorCode = refuse(PartitionKey!, call);
        return ErrorCode ? { ErrorCode } : { SequenceNumber: String(++sequence), ShardId: 'shardId-0' };
      }),
    };
  };
  return { sent, send: send as never };
};

const open = (source: ReturnType<typeof client>, deadlineMs = 10) => {
  let now = 0;
  return new Stream(source, {
    streamName: 's',
    buckets: 32,
    deadlineMs,
    backoff: {
      ...quietBackoff,
      sleep: async () => {
        now += 1;
      },
    },
    nowMs: () => now,
  });
};
const packs = (buckets: number[], bytes = 10) =>
  buckets.map(bucket => ({ bucket, data: Buffer.alloc(bytes) }));

describe('the stream', () => {
  it('sends only what was refused again, and keeps the places', async () => {
    const source = client((key, call) =>
      call < 2 && key === 'bucket=01' ? 'ProvisionedThroughputExceededException' : undefined,
    );
    const { positions } = await open(source).put(packs([0, 1, 2]));
    expect(source.sent.map(({ keys }) => keys)).toEqual([
      ['bucket=00', 'bucket=01', 'bucket=02'],
      ['bucket=01'],
      ['bucket=01'],
    ]);
    expect(positions.map(position => position?.sequence)).toEqual(['1', '3', '2']);
  });

  it('sends all of a call again whose answer did not come', async () => {
    const source = client(
      () => undefined,
      call => (call === 0 ? 'TimeoutError' : undefined),
    );
    const { positions } = await open(source).put(packs([0, 1]));
    expect(positions).not.toContain(undefined);
    expect(source.sent).toHaveLength(2);
  });

  it('gives up at its deadline and reports what was not taken', async () => {
    const source = client(key => (key === 'bucket=01' ? 'InternalFailure' : undefined));
    const outcome = await open(source, 5).put(packs([0, 1]));
    expect(outcome.positions[0]).toBeDefined();
    expect(outcome.positions[1]).toBeUndefined();
    expect(outcome.reason).toBe('InternalFailure');
    expect(source.sent.length).toBeLessThan(10);
  });

  it('never takes an answer without a sequence number for success', async () => {
    const source = { sent: [], send: (async () => ({ FailedRecordCount: 0, Records: [{}] })) as never };
    const { positions } = await open(source as never, 2).put(packs([0]));
    expect(positions).toStrictEqual([undefined]);
  });

  it('does not try again what cannot succeed', async () => {
    const source = client(
      () => undefined,
      () => 'ResourceNotFoundException',
    );
    expect((await open(source).put(packs([0]))).positions).toEqual([undefined]);
    expect(source.sent).toHaveLength(1);
  });

  it('keeps within the limits of a call', async () => {
    const source = client(() => undefined);
    await open(source).put(packs(Array.from({ length: 1200 }, (_, i) => i % 32)));
    await open(source).put(
      packs(
        Array.from({ length: 12 }, (_, i) => i),
        1_000_000,
      ),
    );
    for (const { keys, bytes } of source.sent) {
      expect(keys.length).toBeLessThanOrEqual(500);
      expect(bytes).toBeLessThanOrEqual(5 * 1024 * 1024);
    }
    expect(source.sent.reduce((sum, { keys }) => sum + keys.length, 0)).toBe(1212);
  });
});
