import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsPrefix } from '#domain/archive/layout.ts';
import { dateOfFold, Folds, foldedDateOf } from '#embedded/storage/folds.ts';
import { keyOf, openFoldable } from '#test/support/folded-bucket.ts';
import { collect } from '#test/support/world.ts';

const [first, second] = ['2026-11-24', '2026-11-25'] as const;

const folded = async (keys: readonly string[]) => {
  const world = await openFoldable();
  for (const key of keys) await world.ledger.create(key, Buffer.from(key));
  await world.foldingOf().run();
  return { ...world, folds: new Folds(join(world.buckets, '.folds', 'ledger')) };
};

describe('the folds of a bucket', () => {
  it('are named after their day, as only keys of the ledger are', () => {
    expect(dateOfFold('2026-11-25-0123456789abcdef.fold')).toBe(second);
    expect(dateOfFold('2026-11-25-0123456789abcdef.fold~')).toBeUndefined();
    expect(foldedDateOf(keyOf(second, 1))).toBe(second);
    expect(foldedDateOf('exports/date=2026-11-25/x')).toBeUndefined();
    expect(foldedDateOf(`${eventsPrefix}lane=late/x`)).toBeUndefined();
  });

  it('find an object, and none between or beside them', async () => {
    const keys = [keyOf(first, 1), keyOf(first, 3), keyOf(first, 3, 1), keyOf(second, 2)];
    const { folds } = await folded(keys);
    for (const key of keys) expect((await folds.read(key))!.bytes.toString()).toBe(key);
    for (const key of [keyOf(first, 2), keyOf(first, 4), keyOf(first, 1, 1), keyOf('2026-11-23', 1), 'x'])
      expect(await folds.find(key), key).toBeUndefined();
  });

  it('open only those of the days that are listed', async () => {
    const { folds, buckets } = await folded([keyOf(first, 1), keyOf(second, 2), keyOf(second, 3, 1)]);
    const folder = `${eventsPrefix}lane=ontime/bucket=00/`;
    const names = await readdir(join(buckets, '.folds', 'ledger'));
    const path = folds.pathOf(names.find(name => dateOfFold(name) === first)!);
    const bytes = await readFile(path);
    // Whoever opens it now finds it damaged.
    await writeFile(path, '');
    const day = (date: string) => `${folder}date=${date}/`;
    expect(await folds.foldersIn(folder, { prefix: `${folder}date=2026-11-25`, after: '' })).toEqual(
      new Set([day(second)]),
    );
    expect(await folds.foldersIn(folder, { prefix: folder, after: day(second) })).toEqual(
      new Set([day(second)]),
    );
    expect(await folds.foldersIn('exports/', { prefix: '', after: '' })).toEqual(new Set());
    await writeFile(path, bytes);
    expect(await folds.foldersIn(folder, { prefix: folder, after: '' })).toEqual(
      new Set([day(first), day(second)]),
    );
    expect(await folds.foldersIn('', { prefix: '', after: '' })).toEqual(new Set([eventsPrefix]));
  });

  it('give the objects of a folder in order, from wherever and however they begin', async () => {
    const keys = Array.from({ length: 30 }, (_, n) => keyOf(first, n));
    const { folds } = await folded(keys);
    const folder = keys[0]!.slice(0, keys[0]!.lastIndexOf('/') + 1);
    const list = async (prefix: string, after: string) =>
      (await collect(folds.objectsIn(folder, { prefix, after }))).map(({ key }) => key);
    expect(await list('', '')).toEqual(keys);
    expect(await list('', keys[4]!)).toEqual(keys.slice(5));
    const prefix = keys[12]!.slice(0, keys[12]!.indexOf('T000012') + 6);
    expect(await list(prefix, '')).toEqual(keys.slice(10, 20));
    expect(await list(keys[3]!, '')).toEqual([keys[3]]);
    expect(await list(`${folder}9`, '')).toEqual([]);
  });

  it('are changed by one at a time, also after one that failed', async () => {
    const folds = new Folds('/nowhere');
    const done: string[] = [];
    const failed = folds.exclusively(async () => {
      await Promise.resolve();
      done.push('first');
      throw new Error('no');
    });
    const next = folds.exclusively(async () => done.push('second'));
    await expect(failed).rejects.toThrow('no');
    await next;
    expect(done).toEqual(['first', 'second']);
  });
});
