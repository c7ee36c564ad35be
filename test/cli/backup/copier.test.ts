import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Copier } from '#cli/backup/copier.ts';
import { BackupStore } from '#cli/backup/store.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const open = async () => {
  const root = await temporaryDirectory();
  const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
  onTestFinished(() => store.release());
  await mkdir(join(root, 'a'));
  const write = async (name: string, text: string, ageSeconds = 60) => {
    const path = join(root, name);
    await writeFile(`${path}-new`, text);
    const at = Date.now() / 1000 - ageSeconds;
    await utimes(`${path}-new`, at, at);
    await rename(`${path}-new`, path);
  };
  return { root, store, write };
};

describe('copying', () => {
  it('reads no file again that an earlier backup holds, unless it is another one', async () => {
    const { root, store, write } = await open();
    await write('a/x', 'one');
    await write('a/y', 'two');
    const first = new Copier(root, store, [], () => undefined);
    await first.copyBelow('a');
    const put = vi.spyOn(store, 'put');
    const second = new Copier(root, store, [...first.files.values()], () => undefined);
    await write('a/y', 'new');
    await second.copyBelow('a');
    expect(put.mock.calls).toEqual([[join(root, 'a/y')]]);
    expect([...second.files.keys()].sort()).toEqual(['a/x', 'a/y']);
    expect(await readFile(store.pathOf(second.files.get('a/y')!.sha256), 'utf8')).toBe('new');
  });

  it('reads a file again that is so new that a change might not show', async () => {
    const { root, store, write } = await open();
    await write('a/x', 'one', 0);
    const first = new Copier(root, store, [], () => undefined);
    await first.copyBelow('a');
    expect(first.files.get('a/x')).not.toHaveProperty('stamp');
  });

  it('leaves out what is gone, and says so', async () => {
    const { root, store, write } = await open();
    await write('a/x', 'one');
    const seen: number[] = [];
    const copier = new Copier(root, store, [], files => seen.push(files));
    expect(await copier.copyAll(['a/x', 'a/gone'])).toEqual(['a/gone']);
    await copier.addBytes('a/z', Buffer.from('z'), 7);
    expect(copier.files.get('a/z')).toMatchObject({ bytes: 1, mtime_ms: 7 });
    copier.startOver();
    expect([copier.files.size, seen]).toEqual([0, [1, 2]]);
  });
});
