import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataDirectoryError, holdDataDirectory } from '#embedded/data-directory.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A folder that holds these files. */
const folderWith = async (...files: string[]): Promise<string> => {
  const folder = await temporaryDirectory();
  for (const file of files) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), `the text of ${file}`);
  }
  await chmod(folder, 0o755);
  return folder;
};

/** Everything below a folder, with its modes and texts. */
const snapshot = async (folder: string) => {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(
    ['.', ...names].map(async name => {
      const file = await stat(join(folder, name));
      return [name, file.mode, file.isFile() ? await readFile(join(folder, name), 'utf8') : ''];
    }),
  );
};

const madeByAnnals = async (): Promise<string> => {
  const folder = join(await temporaryDirectory(), 'data');
  (await holdDataDirectory(folder)).release();
  await mkdir(join(folder, 'buckets', 'state'));
  return folder;
};

describe('the folder that is to hold the data', () => {
  it.each([
    ['a project', ['package.json', 'tmp/keep.txt', 'src/main.ts']],
    ['one that holds only a tmp', ['tmp/keep.txt']],
    ['one whose lock is of something else', ['lock', 'tmp/keep.txt']],
    ['one that has buckets of its own', ['buckets/spade', 'tmp/keep.txt']],
    ['one in which "buckets" is a file', ['buckets']],
    ['one that holds a hidden file', ['.git/config']],
  ])('is refused and left as it is if it is not empty and not ours: %s', async (_, files) => {
    const folder = await folderWith(...files);
    const before = await snapshot(folder);
    await expect(holdDataDirectory(folder)).rejects.toThrow(
      `The folder ${folder} is not empty and is not a data directory of Annals`,
    );
    expect(await snapshot(folder)).toEqual(before);
  });

  it.each(['lock', 'tmp', 'stream', 'checkpoints', 'athena'])(
    'is known for ours if its "%s" is gone',
    async name => {
      const folder = await madeByAnnals();
      await rm(join(folder, name), { recursive: true });
      (await holdDataDirectory(folder)).release();
    },
  );

  it('is ours if the first start ended after its lock was made', async () => {
    const folder = await madeByAnnals();
    for (const name of await readdir(folder))
      if (name !== 'lock') await rm(join(folder, name), { recursive: true });
    (await holdDataDirectory(folder)).release();
  });

  it('may be a new, empty file system', async () => {
    const folder = await temporaryDirectory();
    await mkdir(join(folder, 'lost+found'));
    (await holdDataDirectory(folder)).release();
  });

  it.each(['/proc/annals', '/proc/annals/data', '/sys/annals', '/dev/null', '/dev/null/annals'])(
    'is refused at once if nothing can be created there: %s',
    async path => {
      const refused = holdDataDirectory(path);
      await expect(refused).rejects.toThrow(DataDirectoryError);
      await expect(refused).rejects.toThrow(new RegExp(`${path}.*choose another`, 's'));
    },
  );
});

describe('the lock of the data directory', () => {
  it.each([
    ['empty', (path: string) => truncate(path)],
    ['cut in the middle', (path: string) => truncate(path, 6000)],
    ['garbage', (path: string) => writeFile(path, 'lock '.repeat(3000))],
  ])('says what it is if it is %s', async (_, damage) => {
    const folder = await madeByAnnals();
    const path = join(folder, 'lock');
    await damage(path);
    await expect(holdDataDirectory(folder)).rejects.toThrow(
      `The file ${path} is damaged. It holds no data and only keeps a second process away: delete it`,
    );
    await rm(path);
    (await holdDataDirectory(folder)).release();
  });
});
