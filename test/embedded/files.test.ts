import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTokenKey } from '#embedded/access/customer-tokens.ts';
import { openKeyFile } from '#embedded/access/keys.ts';
import { asAbsent, isDirectory, isDiskFull, makeDirectory, writeDurably } from '#embedded/files.ts';
import { QueryRecords } from '#embedded/query/query-records.ts';
import { Inventory } from '#embedded/storage/inventory.ts';
import { headersFolder, ObjectHeaders } from '#embedded/storage/object-headers.ts';
import { Acknowledged, acknowledgedStreams } from '#embedded/stream/acknowledged.ts';
import { Checkpoints } from '#embedded/stream/checkpoints.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A folder with a file that is called `a`. */
const folderWithFile = async (): Promise<string> => {
  const folder = await temporaryDirectory();
  await writeFile(join(folder, 'a'), 'text');
  return folder;
};

const noLog = (): void => undefined;
const collect = async (items: AsyncIterable<unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('making a directory', () => {
  it('makes the folders above it, even if several processes do so at once', async () => {
    const root = await temporaryDirectory();
    await Promise.all(['a/b/c', 'a/b/c', 'a/b/d', 'a/e'].map(path => makeDirectory(join(root, path))));
    expect((await readdir(root, { recursive: true })).sort()).toEqual(['a', 'a/b', 'a/b/c', 'a/b/d', 'a/e']);
  });

  it('fails if a file is in the way', async () => {
    const root = await folderWithFile();
    await expect(makeDirectory(join(root, 'a'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeDirectory(join(root, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(await isDirectory(join(root, 'a'))).toBe(false);
    expect(await isDirectory(join(root, 'a', 'b'))).toBe(false);
  });
});

describe('writing a file', () => {
  it('replaces it as a whole, and leaves nothing beside it', async () => {
    const root = await folderWithFile();
    await mkdir(join(root, 'tmp'));
    await writeDurably(join(root, 'tmp'), join(root, 'a'), 'new');
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('new');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  it('that cannot be placed leaves nothing beside it', async () => {
    const root = await folderWithFile();
    await mkdir(join(root, 'tmp'));
    await expect(writeDurably(join(root, 'tmp'), join(root, 'b', 'c'), 'new')).rejects.toThrow('ENOENT');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });
});

describe('a file that is absent', () => {
  it('is told from every other failure', () => {
    expect(asAbsent(Object.assign(new Error(), { code: 'ENOENT' }))).toBeUndefined();
    for (const code of ['ENOTDIR', 'EACCES', 'EIO', undefined])
      expect(() => asAbsent(Object.assign(new Error('no'), { code })), code).toThrow('no');
  });

  const readers: Record<string, (folder: string, temporary: string) => Promise<unknown>> = {
    keys: (folder, temporary) => openKeyFile(join(folder, 'keys.json'), temporary),
    'the key of tokens': (folder, temporary) => openTokenKey(join(folder, 'token.key'), temporary),
    checkpoints: (folder, temporary) => new Checkpoints(folder, temporary, noLog).read('shard-0'),
    headers: (folder, temporary) => new ObjectHeaders(dirname(folder), temporary).get('results', 'key'),
    queries: (folder, temporary) => new QueryRecords(folder, temporary, noLog).started('token'),
    'the inventory': folder => collect(new Inventory(folder).all()),
    'what was acknowledged': folder => acknowledgedStreams(folder),
    'the segments that were acknowledged': folder =>
      new Acknowledged(dirname(folder), headersFolder).segments(),
  };

  it.each(Object.entries(readers))('is not what a file in place of its folder is: %s', async (_, read) => {
    const root = await temporaryDirectory();
    // Under the name of the folder of headers, which is not a parameter.
    const folder = join(root, headersFolder);
    await writeFile(folder, 'a file where a folder should be');
    await expect(read(folder, root)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('a full disk', () => {
  it('is known by its code, and by what DuckDB says', () => {
    expect(isDiskFull(Object.assign(new Error(), { code: 'ENOSPC' }))).toBe(true);
    expect(isDiskFull(new Error('IO Error: Could not write: No space left on device'))).toBe(true);
    expect(isDiskFull(new Error('something else'))).toBe(false);
  });
});
