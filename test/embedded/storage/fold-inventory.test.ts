import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FoldInventory } from '#embedded/storage/fold-inventory.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const fold = (n: number, bytes: number, buckets: number[]) => ({
  name: `2026-11-2${n}-a.fold`,
  bytes,
  buckets,
});

describe('the inventory of folds', () => {
  it('knows each fold as it was added first, until it is gone', async () => {
    const root = await temporaryDirectory();
    const inventory = new FoldInventory(join(root, 'inventory', 'folds'), root);
    expect(await inventory.all()).toEqual([]);
    await inventory.replaceFolds([fold(1, 10, [0, 3]), fold(2, 20, [])], []);
    // A fold that was cut since has another size.
    await inventory.replaceFolds([fold(1, 4, []), fold(3, 30, [1])], [fold(2, 0, []).name]);
    expect(await inventory.all()).toEqual([fold(1, 10, [0, 3]), fold(3, 30, [1])]);
  });

  it('leaves out a line that is damaged or cut', async () => {
    const root = await temporaryDirectory();
    const path = join(root, 'folds');
    const inventory = new FoldInventory(path, root);
    await inventory.replaceFolds([fold(1, 10, [0])], []);
    await appendFile(path, 'garbage\n');
    await inventory.replaceFolds([], []);
    expect(await inventory.all()).toEqual([fold(1, 10, [0])]);
    await writeFile(path, (await readFile(path, 'latin1')).slice(0, -12));
    expect(await inventory.all()).toEqual([]);
  });
});
