import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Copier } from '#cli/backup/copier.ts';
import {
  copyAcknowledged,
  copyStream,
  listSegments,
  segmentsAfter,
  streamIdIn,
} from '#cli/backup/copy-stream.ts';
import { BackupStore } from '#cli/backup/store.ts';
import { encodeFrame } from '#embedded/stream/frame.ts';
import { segmentName } from '#embedded/stream/segment.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const frame = (sequence: number) =>
  encodeFrame({
    sequence: BigInt(sequence),
    arrivalMs: 1,
    partitionKey: 'bucket=00',
    data: Buffer.from(`record ${sequence}`),
  });
const shard = 'shardId-000000000000';
const name = (first: number) => segmentName(BigInt(first));

const open = async (segments: Record<number, Buffer>) => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'stream', shard), { recursive: true });
  for (const [first, bytes] of Object.entries(segments))
    await writeFile(join(root, 'stream', shard, name(Number(first))), bytes);
  const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
  onTestFinished(() => store.release());
  const copier = new Copier(root, store, [], () => undefined);
  const copied = () => Object.fromEntries([...copier.files].map(([path, { bytes }]) => [path, bytes]));
  return { root, copier, copied };
};
const pathOf = (first: number) => `stream/${shard}/${name(first)}`;

describe('the stream of a running server', () => {
  it('is copied from the segment on that may hold what is not filed', () => {
    const names = [1, 10, 20].map(name);
    expect(segmentsAfter(names, 0n)).toEqual(names);
    expect(segmentsAfter(names, 8n)).toEqual(names);
    expect(segmentsAfter(names, 9n)).toEqual(names.slice(1));
    expect(segmentsAfter(names, 99n)).toEqual(names.slice(2));
    expect(segmentsAfter([name(7)], 0n)).toEqual([name(7)]);
    expect(segmentsAfter([], 5n)).toEqual([]);
  });

  it('is copied with whole records only, and without segments that are filed', async () => {
    const last = Buffer.concat([frame(20), frame(21), frame(22).subarray(0, 9)]);
    const { root, copier, copied } = await open({ 1: frame(1), 10: frame(10), 20: last });
    const before = await listSegments(root);
    expect(await copyStream({ root, copier, before, filed: new Map([[shard, 10n]]) })).toBe(true);
    expect(copied()).toEqual({ [pathOf(10)]: frame(10).length, [pathOf(20)]: 2 * frame(20).length });
  });

  it('is copied as it is if a segment is damaged before its end', async () => {
    const bytes = Buffer.concat([frame(1), frame(2), frame(3)]);
    bytes[frame(1).length + 20]! ^= 1;
    const { root, copier, copied } = await open({ 1: bytes });
    const before = await listSegments(root);
    expect(await copyStream({ root, copier, before, filed: new Map() })).toBe(true);
    expect(copied()).toEqual({ [pathOf(1)]: bytes.length });
  });

  it('makes the copy start over if what the watermarks need was deleted meanwhile', async () => {
    const { root, copier } = await open({ 1: frame(1), 10: frame(10), 20: frame(20) });
    const before = await listSegments(root);
    await rm(join(root, pathOf(1)));
    const filed = new Map([[shard, 9n]]);
    expect(await copyStream({ root, copier, before, filed })).toBe(true);
    expect(await copyStream({ root, copier, before, filed: new Map([[shard, 8n]]) })).toBe(false);
    await rm(join(root, 'stream'), { recursive: true });
    expect(await copyStream({ root, copier, before, filed })).toBe(false);
    expect(await copyStream({ root, copier, before: new Map(), filed: new Map() })).toBe(true);
    expect(await streamIdIn(root)).toBeUndefined();
  });

  it('has notes of what was acknowledged, which are copied whole', async () => {
    const { root, copier, copied } = await open({});
    await mkdir(join(root, 'acknowledged', 's', shard), { recursive: true });
    const note = join('acknowledged', 's', shard, '00000000000000000001');
    await writeFile(join(root, note), '00000000000000000007\n');
    await writeFile(join(root, `${note.slice(0, -1)}2`), 'damaged');
    await copyAcknowledged(root, copier);
    expect(copied()).toEqual({ [note]: 21, [`${note.slice(0, -1)}2`]: 7 });
  });
});
