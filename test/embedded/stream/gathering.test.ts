import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { explicitHashKey, partitionKey } from '#domain/archive/bucket.ts';
import { DemandingWatermarks, Gathering, type GatheringOptions } from '#embedded/stream/gathering.ts';
import { Progress } from '#embedded/stream/progress.ts';
import { Windows } from '#embedded/stream/windows.ts';
import { openBuckets, openStream } from '#test/support/world.ts';

const buckets = 4;
const long = 600_000;
const first = 'shardId-000000000000';
const second = 'shardId-000000000001';

/** An event source that takes a shard whenever its window is ended, unless it is broken. */
const open = async (options: Partial<GatheringOptions> = {}, isBroken = false) => {
  const { kinesis } = await openStream();
  const windows = new Windows();
  const progress = new Progress();
  const ended: string[] = [];
  const demand = windows.demand.bind(windows);
  windows.demand = (shard, sequence) => {
    demand(shard, sequence);
    ended.push(shard);
    const { written } = kinesis.shards.find(({ id }) => id === shard)!;
    if (!isBroken) setImmediate(() => progress.note(shard, written));
  };
  const gathering = new Gathering({
    stream: kinesis,
    eventSource: { windows, progress },
    buckets,
    ...options,
  });
  const put = (bucket: number) =>
    kinesis.send(
      new PutRecordsCommand({
        StreamName: 'annals',
        Records: [
          {
            Data: Buffer.from('x'),
            PartitionKey: partitionKey(bucket),
            ExplicitHashKey: explicitHashKey(bucket, buckets),
          },
        ],
      }),
    );
  return { kinesis, gathering, progress, ended, put };
};

describe('gathering', () => {
  it('ends the windows of the shards that hold rows of the buckets, and of no others', async () => {
    const { gathering, ended, put } = await open();
    await gathering.gather([0, 1, 2, 3]);
    expect(ended, 'nothing waits').toEqual([]);
    await put(0);
    await put(3);
    await gathering.gather([2]);
    expect(ended).toEqual([second]);
    await gathering.gather([0, 1]);
    expect(ended).toEqual([second, first]);
  });

  it('resolves once what waited is filed', async () => {
    const { gathering, progress, put, kinesis } = await open();
    await put(0);
    await gathering.gather([0]);
    expect(progress.of(first)).toBe(kinesis.shards[0]!.written);
  });

  it('ends a window once in its time, for however many who look', async () => {
    const { gathering, ended, put, progress } = await open({ everyMs: long });
    await put(0);
    await Promise.all([gathering.gather([0]), gathering.gather([0]), gathering.gather([1])]);
    expect(ended).toEqual([first]);
    await put(0);
    const looks = [gathering.gather([0]), gathering.gather([0])];
    // The window passes by itself.
    progress.note(first, progress.of(first) + 1n);
    await Promise.all(looks);
    expect(ended).toEqual([first]);
  });

  it('ends the next window when its time has come', async () => {
    const { gathering, ended, put } = await open({ everyMs: 1 });
    for (let n = 0; n < 3; n++) {
      await put(0);
      await gathering.gather([0]);
    }
    expect(ended).toEqual([first, first, first]);
  });

  it('holds nobody while nothing can be filed', async () => {
    const { gathering, put } = await open({ atMostMs: 1 }, true);
    await put(0);
    await gathering.gather([0]);
  });
});

describe('watermarks that are asked for records that are not filed', () => {
  it('have them filed next, and nothing of another stream', async () => {
    const { gathering, ended, put, kinesis } = await open();
    const { state } = await openBuckets();
    const watermarks = new DemandingWatermarks(state, positions => gathering.demand(positions));
    const { Records } = await put(0);
    const at = { bucket: 0, stream: kinesis.id, shard: first, sequence: Records![0]!.SequenceNumber! };
    const elsewhere = { ...at, stream: 'another@2026-01-01T00:00:00.000000000Z' };
    expect(await watermarks.haveReached([elsewhere])).toBe(false);
    expect(ended).toEqual([]);
    expect(await watermarks.haveReached([at])).toBe(false);
    expect(ended).toEqual([first]);
    const watermark = { sequence: at.sequence, filed: {} };
    await watermarks.put(kinesis.id, first, watermark, await watermarks.get(kinesis.id, first));
    expect(await watermarks.haveReached([at])).toBe(true);
    expect(ended).toEqual([first]);
  });
});
