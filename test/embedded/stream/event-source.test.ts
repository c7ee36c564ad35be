import { type FileHandle, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisStreamEvent } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { gapsOfOnFailure } from '#domain/archive/gap.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EventSource, type EventSourceOptions } from '#embedded/stream/event-source.ts';
import { eventually } from '#test/support/eventually.ts';
import { openStream } from '#test/support/world.ts';

const data = (event: KinesisStreamEvent) =>
  event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());

/** The data of the records that a failure holds. */
const textsOf = (body: Buffer): string[] =>
  data(JSON.parse((JSON.parse(body.toString()) as { payload: string }).payload) as KinesisStreamEvent);

const open = async (
  invoke: (texts: string[], event: KinesisStreamEvent) => string[] | Promise<string[]>,
  change: Partial<EventSourceOptions> = {},
  root?: string,
) => {
  const { kinesis, root: directory, temporary } = await openStream({ shards: 1 }, root);
  const checkpoints = join(directory, 'checkpoints');
  await makeDirectory(checkpoints);
  const runs: string[][] = [];
  const failures: { key: string; body: Buffer }[] = [];
  const source = new EventSource({
    stream: kinesis,
    directory: checkpoints,
    temporary,
    invoke: async event => {
      runs.push(data(event));
      const failed = await invoke(data(event), event);
      return { batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) };
    },
    putFailure: async (key, body) => failures.push({ key, body }),
    batchSize: 100,
    windowMs: 5,
    maxPayloadBytes: 6_000_000,
    maxRecordAgeMs: 1e9,
    maxPauseMs: 2,
    nowMs: Date.now,
    log: () => undefined,
    ...change,
  });
  onTestFinished(() => source.stop());
  const put = (...texts: string[]) =>
    kinesis.send(
      new PutRecordsCommand({
        StreamName: 'annals',
        Records: texts.map(text => ({
          Data: Buffer.from(text),
          PartitionKey: 'bucket=00',
          ExplicitHashKey: '0',
        })),
      }),
    );
  return { source, put, runs, failures, root: directory, kinesis };
};

describe('the event source', () => {
  it('delivers batches in order, no larger than its limits', async () => {
    const { source, put, runs } = await open(() => [], { batchSize: 3 });
    await put('a', 'b', 'c', 'd', 'e');
    source.start();
    await put('f');
    await eventually(() => expect(runs.flat()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']));
    expect(Math.max(...runs.map(({ length }) => length))).toBeLessThanOrEqual(3);
  });

  it('gathers what arrives within its window', async () => {
    const { source, put, runs } = await open(() => [], { windowMs: 200 });
    source.start();
    await put('a');
    await put('b');
    await eventually(() => expect(runs.flat()).toHaveLength(2));
    expect(runs).toEqual([['a', 'b']]);
  });

  it('gathers for its window also while records keep coming', async () => {
    const { source, put, runs, kinesis } = await open(() => [], { windowMs: 200 });
    const read = kinesis.read.bind(kinesis);
    let coming = 6;
    // Between any two looks at the stream another record comes.
    kinesis.read = async (...args) => {
      const records = await read(...args);
      if (records.length > 0 && coming-- > 0) await put('later');
      return records;
    };
    await put('first');
    source.start();
    await eventually(() => expect(runs.flat()).toHaveLength(7));
    expect(runs[0]).toEqual(['first', 'later', 'later']);
  });

  it('does not wait for its window with a full batch', async () => {
    const { source, put, runs } = await open(() => [], { windowMs: 60_000, maxPayloadBytes: 2000 });
    await put(...Array.from({ length: 50 }, () => 'x'.repeat(500)));
    source.start();
    await eventually(() => expect(runs.length).toBeGreaterThan(10));
  });

  it('does not wait for its window with a batch that fills while it waits', async () => {
    const { source, put, runs } = await open(() => [], { windowMs: 600_000, maxPayloadBytes: 8000 });
    await put('x');
    source.start();
    for (let n = 0; n < 40; n++) await put('x'.repeat(500));
    await eventually(() => expect(runs.length).toBeGreaterThan(2));
  });

  it('does not wait for its window if somebody waits for a record', async () => {
    const { source, put, runs, kinesis } = await open(() => [], { windowMs: 600_000 });
    source.start();
    await put('a');
    await put('b');
    const [{ id, written }] = kinesis.shards as unknown as [(typeof kinesis.shards)[number]];
    source.windows.demand(id, written);
    await source.progress.reached(id, written, 600_000);
    expect(runs.flat()).toEqual(['a', 'b']);
    await put('c');
    source.windows.demand(id, written + 1n);
    await source.progress.reached(id, written + 1n, 600_000);
    expect(runs.flat()).toEqual(['a', 'b', 'c']);
  });

  it('reads nothing of an idle shard again', async () => {
    const { source, put, runs, root } = await open(() => []);
    await put('x'.repeat(500_000), 'y'.repeat(500_000));
    source.start();
    await eventually(() => expect(runs.flat()).toHaveLength(2));
    const handle = await openFile(join(root, 'bytes-read'), 'w');
    const reads = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'read');
    onTestFinished(() => reads.mockRestore());
    await handle.close();
    await put('z');
    await eventually(() => expect(runs.flat()).toHaveLength(3));
    await put('z');
    await eventually(() => expect(runs.flat()).toHaveLength(4));
    const results = await Promise.all(reads.mock.results.map(({ value }) => value));
    const bytes = results.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(5000);
  });

  it('starts again at the lowest record that a response names', async () => {
    let isFirst = true;
    const { source, put, runs } = await open((_, event) => {
      const failed = isFirst ? [event.Records[2]!, event.Records[1]!] : [];
      isFirst = false;
      return failed.map(({ kinesis }) => kinesis.sequenceNumber);
    });
    await put('a', 'b', 'c');
    source.start();
    await eventually(() =>
      expect(runs).toEqual([
        ['a', 'b', 'c'],
        ['b', 'c'],
      ]),
    );
  });

  it('takes a response that names no record of the batch for a failure of all', async () => {
    let isFirst = true;
    const { source, put, runs } = await open(() => {
      const failed = isFirst ? [''] : [];
      isFirst = false;
      return failed;
    });
    await put('a', 'b');
    source.start();
    await eventually(() =>
      expect(runs).toEqual([
        ['a', 'b'],
        ['a', 'b'],
      ]),
    );
  });

  it('bisects a batch whose run threw, until the bad record is alone, and never skips it', async () => {
    let failures = 8;
    const taken: string[] = [];
    const { source, put, runs } = await open(texts => {
      if (texts.includes('bad') && failures-- > 0) throw new Error('broken');
      taken.push(...texts);
      return [];
    });
    await put('a', 'b', 'bad', 'c');
    source.start();
    await eventually(() => expect(taken).toEqual(['a', 'b', 'bad', 'c']));
    expect(runs).toContainEqual(['bad']);
  });

  it('gives up what has grown too old, with its data, and continues', async () => {
    let now = Date.now();
    let isBroken = true;
    const { source, put, failures, runs } = await open(
      texts => {
        if (isBroken) {
          now += 2000;
          throw new Error('broken');
        }
        return texts.length < 0 ? [''] : [];
      },
      { maxRecordAgeMs: 1000, nowMs: () => now },
    );
    await put('a', 'b');
    source.start();
    await eventually(() => expect(failures.flatMap(({ body }) => textsOf(body))).toEqual(['a', 'b']));
    isBroken = false;
    now = Date.now();
    await put('c');
    await eventually(() => expect(runs[runs.length - 1]).toEqual(['c']));
    for (const { key, body } of failures) {
      expect(key).toMatch(/^aws\/lambda\/[0-9a-f-]+\/shardId-000000000000\/\d{4}\/\d\d\/\d\d\//);
      for (const gap of gapsOfOnFailure(key, body.toString(), '', 32)) expect(gap.bucket).toBe(0);
    }
  });

  it('does not pass over what it could not give up', async () => {
    let isFull = true;
    const given: string[] = [];
    const { source, put } = await open(() => [], {
      maxRecordAgeMs: -1,
      putFailure: async key => {
        if (isFull) {
          isFull = false;
          throw new Error('disk full');
        }
        given.push(key);
      },
    });
    await put('a');
    source.start();
    await eventually(() => expect(given).toHaveLength(1));
  });

  it('continues from its checkpoint after a restart', async () => {
    const first = await open(() => []);
    await first.put('a', 'b');
    first.source.start();
    await eventually(() => expect(first.runs.flat()).toHaveLength(2));
    await first.source.stop();
    await first.kinesis.close();
    const second = await open(() => [], {}, first.root);
    await second.put('c');
    second.source.start();
    await eventually(() => expect(second.runs).toEqual([['c']]));
  });
});
