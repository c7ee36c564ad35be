import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ObjectFolders } from '#embedded/storage/object-folders.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const opened = async () => {
  const root = await temporaryDirectory();
  const folders = new ObjectFolders();
  const give = async (name: string, isNew = true) => {
    const written = join(root, `${name.replaceAll('/', '-')}.tmp`);
    await writeFile(written, name);
    return folders.give(written, join(root, name), isNew);
  };
  return { root, folders, give };
};

it('gives a file a path in a folder that it makes, and replaces none that is to be new', async () => {
  const { root, give } = await opened();
  await give('a/one');
  await give('a/one', false);
  await expect(give('a/one')).rejects.toMatchObject({ name: 'PreconditionFailed' });
  expect(await readdir(join(root, 'a'))).toEqual(['one']);
});

it('removes an empty folder alone, and makes it again', async () => {
  const { root, folders, give } = await opened();
  await mkdir(join(root, 'a'));
  await folders.make(join(root, 'a'));
  await folders.removeEmpty(`${join(root, 'a')}/`);
  await folders.removeEmpty(join(root, 'a'));
  expect(await readdir(root)).toEqual([]);
  await give('a/one');
  await folders.removeEmpty(join(root, 'a'));
  expect(await readdir(join(root, 'a'))).toEqual(['one']);
});

it('removes no folder while a file is given a path in it', async () => {
  const { root, folders, give } = await opened();
  let isGiven = false;
  const given = give('a/one').finally(() => {
    isGiven = true;
  });
  // It is asked in every turn of the put, most often before the file is there.
  while (!isGiven) {
    await folders.removeEmpty(join(root, 'a'));
    await new Promise(resolve => setImmediate(resolve));
  }
  await given;
  expect(await readdir(join(root, 'a'))).toEqual(['one']);
});
