import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Checkpoints } from '#embedded/stream/checkpoints.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const open = async () => {
  const folder = await temporaryDirectory();
  const said: string[] = [];
  const checkpoints = new Checkpoints(folder, folder, (_, message) => void said.push(message));
  return { checkpoints, said, put: (text: string) => writeFile(join(folder, 'shard-0.json'), text) };
};

describe('a checkpoint', () => {
  it('is what was written last, and names its stream', async () => {
    const { checkpoints } = await open();
    expect(await checkpoints.read('shard-0')).toBeUndefined();
    await checkpoints.write('shard-0', 'annals@1', 7n);
    await checkpoints.write('shard-0', 'annals@1', 8n);
    expect(await checkpoints.read('shard-0')).toEqual({ stream: 'annals@1', sequence: 8n });
    expect(await checkpoints.read('shard-1')).toBeUndefined();
  });

  it('of before 2026-11 names no stream', async () => {
    const { checkpoints, put } = await open();
    await put('{"sequence":"7"}');
    expect(await checkpoints.read('shard-0')).toEqual({ stream: undefined, sequence: 7n });
  });

  it.each(['', 'null', '{"sequence":7}', '{"sequence":"-1"}', '{"sequence":"7'])(
    'that is damaged is as good as none, and reported: %j',
    async text => {
      const { checkpoints, said, put } = await open();
      await put(text);
      expect(await checkpoints.read('shard-0')).toBeUndefined();
      expect(said).toHaveLength(1);
    },
  );
});
