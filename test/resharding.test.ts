import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MergeShardsCommand, PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import type { KinesisStreamEvent } from 'aws-lambda';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { Stream } from '#aws/stream.ts';
import { allBuckets, bucketOf } from '#domain/archive/bucket.ts';
import { encodePacks, heartbeat } from '#domain/archive/pack.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EventSource } from '#embedded/stream/event-source.ts';
import { archive } from '#functions/archive.ts';
import { rowText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { filedRows } from '#test/support/filed-rows.ts';
import { collect, openBuckets, openStream, quietBackoff } from '#test/support/world.ts';

/** Their buckets lie on both sides of the middle, at which the shards are split. */
const scopes = Array.from({ length: 6 }, (_, n) => `customer-${n}`);
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const middle = String(1n << 127n);

const rowOf = (n: number, scope: string) =>
  rowText(uuid(n), '2026-11-23T11:00:00.000000000Z', { scope: { id: scope, type: 't' } });

/** A stream of one shard, archive behind an event source, and a sender of events and heartbeats. */
const open = async () => {
  const { root, kinesis, client, temporary } = await openStream({ shards: 1 });
  const buckets = await openBuckets(root);
  const stream = new Stream(client, {
    streamName: 'annals',
    buckets: 32,
    deadlineMs: 1000,
    backoff: quietBackoff,
    nowMs: Date.now,
  });
  const watermarks = new Watermarks(buckets.state);
  const archiveBatch = archive({
    stream,
    ledger: buckets.ledger,
    aside: buckets.aside,
    refused: new RefusedItems(buckets.aside, buckets.state),
    watermarks,
    buckets: 32,
    maxTextBytes: 1e9,
    log: () => undefined,
    metrics: () => undefined,
  });
  const runs: { shard: string; sequences: bigint[] }[] = [];
  const checkpoints = join(root, 'checkpoints');
  await makeDirectory(checkpoints);
  const startSource = (change: Partial<{ invoke: typeof archiveBatch }> = {}) => {
    const source = new EventSource({
      stream: kinesis,
      directory: checkpoints,
      temporary,
      invoke: async (event: KinesisStreamEvent) => {
        const [shard] = event.Records[0]!.eventID.split(':');
        runs.push({ shard: shard!, sequences: event.Records.map(r => BigInt(r.kinesis.sequenceNumber)) });
        return (change.invoke ?? archiveBatch)(event);
      },
      putFailure: async () => undefined,
      batchSize: 100,
      windowMs: 1,
      maxPayloadBytes: 6_000_000,
      maxRecordAgeMs: 1e9,
      maxPauseMs: 2,
      nowMs: Date.now,
      log: () => undefined,
    });
    source.start();
    onTestFinished(() => source.stop());
    return source;
  };
  let sent = 0;
  /** Sends an event of each scope, and a heartbeat of each bucket; gives the heartbeats' positions. */
  const send = async () => {
    for (const scope of scopes) {
      const data = encodePacks([rowOf(++sent, scope)])[0]!.data;
      await stream.putAll([{ bucket: bucketOf(scope, 32), data }]);
    }
    return stream.putAll(allBuckets(32).map(bucket => ({ bucket, data: heartbeat() })));
  };
  const rows = () => filedRows(buckets.ledger);
  return {
    ...buckets,
    kinesis,
    stream,
    watermarks,
    runs,
    send,
    rows,
    startSource,
    checkpoints,
    archiveBatch,
    sentIds: () => Array.from({ length: sent }, (_, n) => uuid(n + 1)),
  };
};

type World = Awaited<ReturnType<typeof open>>;

/** Every event is filed once, and `filed_at` strictly increases within each bucket in the order of sending. */
const expectWhole = async ({ rows, sentIds }: World) => {
  const all = await rows();
  expect(all.map(({ id }) => id).sort()).toEqual(sentIds());
  for (const scope of scopes) {
    const ofScope = all.filter(({ scope_id }) => scope_id === scope).sort((a, b) => (a.id < b.id ? -1 : 1));
    const times = ofScope.map(({ filed_at }) => filed_at);
    expect(times, scope).toEqual([...new Set(times)].sort());
  }
};

describe('a stream that reshards while heartbeats flow', () => {
  it('has scopes on both sides of the split', () => {
    expect(new Set(scopes.map(scope => bucketOf(scope, 32) < 16)).size).toBe(2);
  });

  it('files every event once and in order, through a split and a merge', async () => {
    const world = await open();
    const { kinesis, send, watermarks } = world;
    world.startSource();
    let isSending = true;
    const sending = (async () => {
      while (isSending) await send();
    })();
    for (let round = 0; round < 3; round++) {
      const [whole] = kinesis.shards.slice(-1);
      await kinesis.send(
        new SplitShardCommand({ StreamName: 'annals', ShardToSplit: whole!.id, NewStartingHashKey: middle }),
      );
      await new Promise(resolve => setTimeout(resolve, 30));
      const [lower, upper] = kinesis.shards.slice(-2);
      await kinesis.send(
        new MergeShardsCommand({
          StreamName: 'annals',
          ShardToMerge: lower!.id,
          AdjacentShardToMerge: upper!.id,
        }),
      );
      await new Promise(resolve => setTimeout(resolve, 30));
    }
    isSending = false;
    await sending;
    const heartbeats = await send();
    await eventually(async () => expect(await watermarks.haveReached(heartbeats)).toBe(true));
    await expectWhole(world);
    expect(new Set(world.runs.map(({ shard }) => shard)).size).toBe(1 + 3 * 3);
  });

  it('reads the children of a shard after it, also after a restart between', async () => {
    const world = await open();
    const { kinesis, send, watermarks, runs } = world;
    await send();
    const [parent] = kinesis.shardIds;
    await kinesis.send(
      new SplitShardCommand({ StreamName: 'annals', ShardToSplit: parent, NewStartingHashKey: middle }),
    );
    const heartbeats = await send();
    let isBroken = true;
    const source = world.startSource({
      invoke: async event => {
        if (isBroken) throw new Error('a broken world');
        return world.archiveBatch(event);
      },
    });
    await eventually(() => expect(runs.length).toBeGreaterThan(3));
    expect(new Set(runs.map(({ shard }) => shard))).toEqual(new Set([parent]));
    isBroken = false;
    await source.stop();
    world.startSource();
    await eventually(async () => expect(await watermarks.haveReached(heartbeats)).toBe(true));
    await expectWhole(world);
  });

  it('is complete only up to the earliest of its buckets, each by the latest of its shards', async () => {
    const world = await open();
    const { kinesis, send, watermarks } = world;
    world.startSource();
    const before = await send();
    await eventually(async () => expect(await watermarks.haveReached(before)).toBe(true));
    const first = completeTo(await watermarks.all(), allBuckets(32))!;
    await kinesis.send(
      new SplitShardCommand({
        StreamName: 'annals',
        ShardToSplit: kinesis.shardIds[0],
        NewStartingHashKey: middle,
      }),
    );
    const lower = allBuckets(32).slice(0, 16);
    await world.stream.putAll(lower.map(bucket => ({ bucket, data: heartbeat() })));
    await eventually(async () => expect(completeTo(await watermarks.all(), lower)! > first).toBe(true));
    expect(completeTo(await watermarks.all(), allBuckets(32))).toBe(
      completeTo(await watermarks.all(), allBuckets(32).slice(16)),
    );
  });

  it('has its shards again after a restart', async () => {
    const { root, kinesis } = await openStream({ shards: 1 });
    await kinesis.send(
      new SplitShardCommand({
        StreamName: 'annals',
        ShardToSplit: kinesis.shardIds[0],
        NewStartingHashKey: middle,
      }),
    );
    const { Records } = await kinesis.send(
      new PutRecordsCommand({
        StreamName: 'annals',
        Records: [{ Data: Buffer.from('x'), PartitionKey: 'k', ExplicitHashKey: middle }],
      }),
    );
    const again = await openStream({ shards: 1 }, root);
    expect(again.kinesis.shards.map(({ id, parents }) => [id, parents])).toEqual(
      kinesis.shards.map(({ id, parents }) => [id, parents]),
    );
    expect(again.kinesis.hasEnded(kinesis.shardIds[0]!)).toBe(true);
    const hint = { path: '', offset: 0, after: -1n };
    expect(
      (await again.kinesis.read(Records![0]!.ShardId!, 0n, { maxCount: 9, maxBytes: 9e9 }, hint)).map(
        ({ data }) => data.toString(),
      ),
    ).toEqual(['x']);
  });

  it.each([
    [
      'a split outside of the range',
      new SplitShardCommand({
        StreamName: 'annals',
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: '0',
      }),
    ],
    [
      'a split of a shard that is none',
      new SplitShardCommand({ StreamName: 'annals', ShardToSplit: 'x', NewStartingHashKey: middle }),
    ],
    [
      'a merge of a shard with itself',
      new MergeShardsCommand({
        StreamName: 'annals',
        ShardToMerge: 'shardId-000000000000',
        AdjacentShardToMerge: 'shardId-000000000000',
      }),
    ],
  ])('refuses %s', async (_, command) => {
    const { kinesis } = await openStream({ shards: 1 });
    await expect(kinesis.send(command)).rejects.toThrow();
    expect(kinesis.shardIds).toHaveLength(1);
  });
});

describe('an event source that is replaced', () => {
  it('reads the stream from its start again, and files nothing twice', async () => {
    const world = await open();
    const { send, watermarks, checkpoints, ledger, runs } = world;
    const first = world.startSource();
    await send();
    const heartbeats = await send();
    await eventually(async () => expect(await watermarks.haveReached(heartbeats)).toBe(true));
    await first.stop();
    const objects = (await collect(ledger.list(''))).map(({ key }) => key);

    await rm(checkpoints, { recursive: true });
    await makeDirectory(checkpoints);
    runs.length = 0;
    world.startSource();
    const more = await send();
    await eventually(async () => expect(await watermarks.haveReached(more)).toBe(true));
    expect(runs[0]!.sequences[0], 'it began at the start').toBe(1n);
    expect((await collect(ledger.list(''))).map(({ key }) => key)).toEqual(expect.arrayContaining(objects));
    await expectWhole(world);
  });
});

describe('a batch that is re-cut', () => {
  it('files what a crash before the watermark left, whatever the cuts are then', async () => {
    const world = await open();
    const { send, watermarks } = world;
    const heartbeats = await send();
    let crashes = 4;
    world.startSource({
      // The objects are written and the watermark is not; the event source bisects and tries again.
      invoke: async event => {
        if (crashes-- > 0) {
          const broken = {
            ...watermarks,
            get: watermarks.get.bind(watermarks),
            all: watermarks.all.bind(watermarks),
            put: () => Promise.reject(new Error('crash')),
          };
          await archive({
            stream: world.stream,
            ledger: world.ledger,
            aside: world.aside,
            refused: new RefusedItems(world.aside, world.state),
            watermarks: broken,
            buckets: 32,
            maxTextBytes: 1e9,
            log: () => undefined,
            metrics: () => undefined,
          })(event);
        }
        return world.archiveBatch(event);
      },
    });
    await eventually(async () => expect(await watermarks.haveReached(heartbeats)).toBe(true));
    const rows = await world.rows();
    // Objects of other cuts may hold a row again, at the same instant: exports see one event.
    const instants = new Map<string, Set<string>>();
    for (const { id, filed_at } of rows) instants.set(id, (instants.get(id) ?? new Set()).add(filed_at));
    expect([...instants.keys()].sort()).toEqual(world.sentIds());
    for (const [id, times] of instants) expect(times.size, id).toBe(1);
  });
});
