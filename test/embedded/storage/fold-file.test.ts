import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FoldDamage, FoldFile } from '#embedded/storage/fold-file.ts';
import { encodeHead } from '#embedded/storage/fold-format.ts';
import { writeFold } from '#embedded/storage/fold-writer.ts';
import { keyOf } from '#test/support/folded-bucket.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const contents = Array.from({ length: 5 }, (_, n) => Buffer.from(`object ${n} `.repeat(n * 100 + 1)));

const written = async () => {
  const root = await temporaryDirectory();
  const sources = contents.map((content, n) => ({
    key: keyOf('2026-11-25', n, n % 2),
    read: async () => ({ etag: `"${n}"`, writtenMs: n, content }),
  }));
  sources.sort((a, b) => (a.key < b.key ? -1 : 1));
  const head = { format: 1 as const, date: '2026-11-25', objects: contents.length, replaces: ['a.fold'] };
  const fold = (await writeFold(root, head, sources))!;
  const path = join(root, 'x.fold');
  await writeFile(path, await readFile(fold.path));
  await rm(fold.path);
  return { path, objects: fold.objects };
};

const readAll = async (path: string) => {
  const damages: FoldDamage[] = [];
  const fold = await FoldFile.open(path, async damage => void damages.push(damage));
  const objects = [];
  for (const section of fold.sections) objects.push(...(await fold.objectsOf(section)));
  return { fold, objects, damages };
};

const flip = async (path: string, at: number): Promise<void> => {
  const bytes = await readFile(path);
  bytes[at]! ^= 1;
  await writeFile(path, bytes);
};

describe('a fold', () => {
  it('is read by its index, each object with its bytes', async () => {
    const { path, objects } = await written();
    const { fold, objects: read, damages } = await readAll(path);
    expect(read).toEqual(objects);
    expect(fold.head).toMatchObject({ objects: 5, replaces: ['a.fold'] });
    const bytes = [];
    for await (const one of fold.verified(read)) bytes.push(Buffer.from(one.bytes));
    for (const [at, object] of read.entries()) expect(await fold.bytesOf(object)).toEqual(bytes[at]);
    expect(Buffer.concat(bytes)).toEqual(Buffer.concat([0, 2, 4, 1, 3].map(n => contents[n]!)));
    expect(damages).toEqual([]);
  });

  it('has the same index wherever a byte of the index is changed', async () => {
    const { path, objects } = await written();
    const bytes = await readFile(path);
    const last = objects.at(-1)!;
    for (let at = last.offset + last.bytes; at < bytes.length; at += 7) {
      await flip(path, at);
      const { objects: read, damages } = await readAll(path);
      expect([read, damages], `byte ${at}`).toEqual([objects, []]);
      await writeFile(path, bytes);
    }
  });

  it('has the objects before the place at which it is cut, and tells that the others are missing', async () => {
    const { path, objects } = await written();
    const third = objects[2]!;
    await truncate(path, third.offset + third.bytes + 10);
    const { objects: read, damages, fold } = await readAll(path);
    expect(read).toEqual(objects.slice(0, 3));
    expect(fold.damage).toBe('it holds 3 objects instead of 5');
    expect(damages).toMatchObject([{ path, what: fold.damage, objects: read }]);
    await truncate(path, 0);
    const empty = await readAll(path);
    expect([empty.objects, empty.damages.length]).toEqual([[], 1]);
  });

  it('serves objects whose head is damaged by the index, and none whose bytes are', async () => {
    const { path, objects } = await written();
    const second = objects[1]!;
    await flip(path, second.offset + 3);
    await flip(path, objects[2]!.offset - 2);
    const { objects: read, damages, fold } = await readAll(path);
    expect([read, damages]).toEqual([objects, []]);
    const verify = async () => {
      for await (const _ of fold.verified(read));
    };
    await expect(verify()).rejects.toThrow(
      `The fold ${path} is damaged at byte ${second.offset}, within the object ${second.key}; restore`,
    );
  });

  it('is nothing that only looks like one', async () => {
    const { path } = await written();
    await writeFile(path, Buffer.concat([encodeHead({ some: 'thing' }), encodeHead({ key: 1 })]));
    const { objects, damages } = await readAll(path);
    expect([objects, damages.length]).toEqual([[], 1]);
  });
});
