import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { factsOfFile, openFile } from '#embedded/storage/stored-object.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { collect } from '#test/support/world.ts';

describe('the file of an object', () => {
  it('is absent if its path is a folder, or leads through a file', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'folder'));
    await writeFile(join(root, 'file'), 'x');
    for (const path of [join(root, 'folder'), join(root, 'file', 'below'), join(root, 'none')]) {
      expect(await factsOfFile(path)).toBeUndefined();
      expect(await openFile(path)).toBeUndefined();
    }
  });

  it('is read as it was when it was opened, whatever replaces it', async () => {
    const root = await temporaryDirectory();
    const path = join(root, 'file');
    await writeFile(path, 'first');
    const opened = (await openFile(path))!;
    await writeFile(join(root, 'next'), 'second');
    await rename(join(root, 'next'), path);
    expect((await factsOfFile(path))!.etag).not.toBe(opened.etag);
    expect(Buffer.concat(await collect(opened.read({ first: 1, last: 3 }))).toString()).toBe('irs');
  });

  it('is read whole with a buffer of its size, and in pieces if it is large', async () => {
    const root = await temporaryDirectory();
    for (const bytes of [0, 1, 700, 1024 * 1024, 2.5 * 1024 * 1024]) {
      const content = Buffer.alloc(bytes, 'abc');
      await writeFile(join(root, 'file'), content);
      const stream = (await openFile(join(root, 'file')))!.read(undefined);
      expect(stream.readableHighWaterMark).toBe(Math.max(1, Math.min(bytes, 1024 * 1024)));
      expect(Buffer.concat(await collect(stream)).equals(content)).toBe(true);
    }
  });
});
