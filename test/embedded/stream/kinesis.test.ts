import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListStreamsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { explicitHashKey } from '#domain/archive/bucket.ts';
import type { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { noHint } from '#embedded/stream/shard.ts';
import { openStream } from '#test/support/world.ts';

const [first, second] = ['shardId-000000000000', 'shardId-000000000001'] as const;
const record = (text: string, bucket = 0) => ({
  Data: Buffer.from(text),
  PartitionKey: 'k',
  ExplicitHashKey: explicitHashKey(bucket, 32),
});
const put = (kinesis: EmbeddedKinesis, ...Records: ReturnType<typeof record>[]) =>
  kinesis.send(new PutRecordsCommand({ StreamName: 'annals', Records }));
const all = async (kinesis: EmbeddedKinesis, shard: string = first) =>
  (await kinesis.read(shard, 0n, { maxCount: 1e6, maxBytes: 1e9 }, noHint())).map(({ data }) =>
    data.toString(),
  );
const segmentOf = async (root: string) => {
  const names = (await readdir(join(root, 'stream', first))).filter(name => name.endsWith('.log'));
  return join(root, 'stream', first, names.sort()[names.length - 1]!);
};

describe('the embedded stream', () => {
  it('puts records on the shard of their hash key, in order', async () => {
    const { kinesis } = await openStream();
    const { Records } = await put(kinesis, record('a', 0), record('b', 16), record('c', 15), record('d', 31));
    expect(Records!.map(({ ShardId }) => ShardId)).toEqual([first, second, first, second]);
    expect(await all(kinesis)).toEqual(['a', 'c']);
    expect(await all(kinesis, second)).toEqual(['b', 'd']);
  });

  it('gives a put that begins after another was acknowledged a greater sequence number', async () => {
    const { kinesis } = await openStream();
    let last = 0n;
    for (let i = 0; i < 20; i++) {
      const sequence = BigInt((await put(kinesis, record(`${i}`))).Records![0]!.SequenceNumber!);
      expect(sequence).toBeGreaterThan(last);
      last = sequence;
    }
  });

  it('has after a restart what it acknowledged before', async () => {
    const { kinesis, root } = await openStream({ segmentBytes: 200 });
    await Promise.all(Array.from({ length: 50 }, (_, i) => put(kinesis, record(`r${i}`))));
    await kinesis.close();
    const again = await openStream({}, root);
    expect(await all(again.kinesis)).toEqual(Array.from({ length: 50 }, (_, i) => `r${i}`));
    const { Records } = await put(again.kinesis, record('new'));
    expect(BigInt(Records![0]!.SequenceNumber!)).toBe(51n);
    expect(again.kinesis.createdAt).toBe(kinesis.createdAt);
  });

  it.each([1, 5, 20])(
    'cuts off a record of which a crash left all but %d bytes, keeps what was cut aside, and logs it',
    async missing => {
      const { kinesis, root } = await openStream();
      await put(kinesis, record('whole'));
      await put(kinesis, record('x'.repeat(100)));
      await kinesis.close();
      const path = await segmentOf(root);
      const { length } = await readFile(path);
      await truncate(path, length - missing);
      const logged: unknown[] = [];
      const again = await openStream({ log: (...line) => void logged.push(line) }, root);
      expect(logged).toEqual([
        [
          'warn',
          'The end of a segment was no whole record, and was cut off',
          { path, bytes: 127 - missing, kept: expect.stringContaining(`${path}.torn-`) },
        ],
      ]);
      expect(await all(again.kinesis)).toEqual(['whole']);
      await put(again.kinesis, record('next'));
      expect(await all(again.kinesis)).toEqual(['whole', 'next']);
      expect((await readdir(join(root, 'stream', first))).filter(name => name.includes('torn'))).toHaveLength(
        1,
      );
    },
  );

  it('does not read a record that was damaged for a whole one', async () => {
    const { kinesis, root } = await openStream();
    await put(kinesis, record('a'), record('b'));
    const path = await segmentOf(root);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(all(kinesis)).rejects.toThrow('damaged');
  });

  it('does not start if damage hides acknowledged records', async () => {
    const { kinesis, root } = await openStream();
    await put(kinesis, record('a'));
    await put(kinesis, record('b'));
    await kinesis.close();
    const path = await segmentOf(root);
    const bytes = await readFile(path);
    bytes[27]! ^= 1;
    await writeFile(path, bytes);
    await expect(openStream({}, root)).rejects.toThrow('is damaged at byte 0');
  });

  it('ignores garbage after its records', async () => {
    const { kinesis, root } = await openStream();
    await put(kinesis, record('a'));
    await kinesis.close();
    await appendFile(await segmentOf(root), Buffer.alloc(100));
    expect(await all((await openStream({}, root)).kinesis)).toEqual(['a']);
  });

  it('never lets the arrival time go back', async () => {
    let now = 5000;
    const { kinesis } = await openStream({ nowMs: () => now });
    await put(kinesis, record('a'));
    now = 1000;
    await put(kinesis, record('b'));
    const records = await kinesis.read(first, 0n, { maxCount: 10, maxBytes: 1e6 }, noHint());
    expect(records.map(({ arrivalMs }) => arrivalMs)).toEqual([5000, 5000]);
  });

  it('fails in part on demand, with the answers by index', async () => {
    const { kinesis } = await openStream({
      fault: (_, index) => (index === 1 ? 'InternalFailure' : undefined),
    });
    const output = await put(kinesis, record('a'), record('b'), record('c'));
    expect(output.FailedRecordCount).toBe(1);
    expect(output.Records!.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'InternalFailure',
      undefined,
    ]);
    expect(await all(kinesis)).toEqual(['a', 'c']);
  });

  it('throttles a shard over its throughput', async () => {
    const { kinesis } = await openStream({ throughput: { records: 2, bytes: 1000 }, nowMs: () => 1000 });
    const output = await put(
      kinesis,
      record('a'),
      record('b'),
      record('c'),
      record('d', 16),
      record('x'.repeat(1001), 17),
    );
    expect(output.Records!.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      undefined,
      'ProvisionedThroughputExceededException',
      undefined,
      'ProvisionedThroughputExceededException',
    ]);
  });

  it.each([
    ['no record', []],
    ['501 records', Array.from({ length: 501 }, () => record('x'))],
    ['a record of over 1 MiB', [record('x'.repeat(1024 * 1024))]],
    ['over 5 MiB', Array.from({ length: 6 }, () => record('x'.repeat(1_000_000)))],
  ])('refuses a call with %s', async (_, records) => {
    const { kinesis } = await openStream();
    await expect(put(kinesis, ...records)).rejects.toThrow();
  });

  it('refuses what it does not serve, and another stream', async () => {
    const { kinesis } = await openStream();
    await expect(kinesis.send(new ListStreamsCommand({}) as never)).rejects.toThrow(
      'does not serve ListStreamsCommand',
    );
    await expect(
      kinesis.send(new PutRecordsCommand({ StreamName: 'other', Records: [record('a')] })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('reads on from where a reader stopped, within its limits', async () => {
    const { kinesis } = await openStream({ segmentBytes: 300 });
    for (let i = 0; i < 30; i++) await put(kinesis, record(`r${i}`));
    const hint = noHint();
    const read: string[] = [];
    for (let after = 0n; ; ) {
      const records = await kinesis.read(first, after, { maxCount: 4, maxBytes: 7 }, hint);
      if (records.length === 0) break;
      expect(records.length).toBeLessThanOrEqual(4);
      read.push(...records.map(({ data }) => data.toString()));
      after = records[records.length - 1]!.sequence;
    }
    expect(read).toEqual(Array.from({ length: 30 }, (_, i) => `r${i}`));
  });

  it('lets go of segments that were consumed and are old, and of no other', async () => {
    const { kinesis } = await openStream({ segmentBytes: 100, retainMs: -1000 });
    for (let i = 0; i < 10; i++) await put(kinesis, record('x'.repeat(90)));
    await kinesis.trim(first, 4n);
    expect(
      (await kinesis.read(first, 0n, { maxCount: 100, maxBytes: 1e6 }, noHint())).map(({ sequence }) =>
        Number(sequence),
      ),
    ).toEqual([5, 6, 7, 8, 9, 10]);
  });
});
