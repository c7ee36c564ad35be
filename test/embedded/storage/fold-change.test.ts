import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putFold, removeFolded, sourcesOf } from '#embedded/storage/fold-change.ts';
import { keyOf, openFoldable } from '#test/support/folded-bucket.ts';
import { collect } from '#test/support/world.ts';

const date = '2026-11-25';
const keys = [keyOf(date, 1), keyOf(date, 2)] as const;

const open = async () => {
  const world = await openFoldable();
  const files = world.s3.filesOf('ledger');
  const changes = { files, temporary: world.temporary, inventory: world.inventories.folds };
  const sources = keys.map(key => ({
    key,
    read: async () => ({ etag: '"1"', writtenMs: 1, content: Buffer.from(key) }),
  }));
  const names = () => readdir(join(world.buckets, '.folds', 'ledger'));
  return { ...world, changes, sources, names, folds: files.folds };
};

describe('a fold that takes the place of others', () => {
  it('counts instead of them, also while they are still there, and is in the inventory instead of them', async () => {
    const { changes, sources, names, folds, s3, inventories } = await open();
    await putFold(changes, date, sources, []);
    const [before] = await folds.of(date);
    const end = s3.filesOf('ledger').use(new Set([date]));
    // One object is left out, as if it was deleted, and the other is given twice.
    await putFold(changes, date, [sources[0]!, sources[0]!], [before!]);
    expect(await names()).toHaveLength(2);
    expect(await folds.find(keys[1])).toBeUndefined();
    expect(await collect(sourcesOf(await folds.of(date)))).toHaveLength(1);
    end();
    const after = await folds.of(date);
    await putFold(changes, date, sources, after);
    expect(await names()).toHaveLength(1);
    expect((await inventories.folds.all()).map(({ name }) => name)).toEqual(await names());
  });

  it('is not made of objects that are gone', async () => {
    const { changes, sources, folds } = await open();
    const gone = { key: keys[1], read: async () => undefined };
    expect(await putFold(changes, date, [sources[0]!, gone], [])).toBe(false);
    expect(await folds.of(date)).toEqual([]);
  });

  it('has all but the object that was deleted', async () => {
    const { changes, sources, folds } = await open();
    await putFold(changes, date, sources, []);
    expect(await removeFolded(changes, keys[0])).toBe(true);
    expect(await removeFolded(changes, keys[0])).toBe(false);
    expect((await folds.read(keys[1]))!.bytes.toString()).toBe(keys[1]);
    expect(await removeFolded(changes, keys[1])).toBe(true);
    expect(await folds.of(date)).toEqual([]);
  });
});
