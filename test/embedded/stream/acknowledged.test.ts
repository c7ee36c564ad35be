import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Acknowledged, acknowledgedStreams } from '#embedded/stream/acknowledged.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('what a shard has acknowledged', () => {
  it('is kept per segment, and survives a process that does not close it', async () => {
    const root = await temporaryDirectory();
    const written = new Acknowledged(root, 'shard-0');
    await written.begin(1n);
    await written.note(3n);
    await written.begin(4n);
    await written.note(4n);
    await written.note(5n);
    const read = await new Acknowledged(root, 'shard-0').segments();
    expect(read.map(({ first, last }) => [first, last])).toEqual([
      [1n, 3n],
      [4n, 5n],
    ]);
    await written.forget(1n);
    expect(await written.segments()).toHaveLength(1);
    await written.close();
    expect(written.isBegun).toBe(false);
  });

  it('is unknown if its file is damaged or nothing was noted', async () => {
    const root = await temporaryDirectory();
    const written = new Acknowledged(root, 'shard-0');
    await written.begin(1n);
    expect((await written.segments())[0]!.last).toBeUndefined();
    await written.note(2n);
    await written.close();
    await writeFile((await written.segments())[0]!.path, '2\n');
    expect((await written.segments())[0]!.last).toBeUndefined();
  });
});

describe('the streams that have acknowledged something', () => {
  it('are folders; a file beside them is none', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'annals@1', 'shard-0'), { recursive: true });
    await writeFile(join(root, '.DS_Store'), '');
    await writeFile(join(root, 'annals@1', '.DS_Store'), '');
    expect(await acknowledgedStreams(root)).toEqual([{ stream: 'annals@1', shards: ['shard-0'] }]);
    expect(await acknowledgedStreams(join(root, 'absent'))).toEqual([]);
  });
});
