import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Inventory, sizeOf } from '#embedded/storage/inventory.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { collect } from '#test/support/world.ts';

const one = { key: 'events/a.json.gz', bytes: 7 };
const two = { key: 'events/b.json.gz', bytes: 8 };
async function* listOf<T>(...items: T[]) {
  yield* items;
}

describe('an inventory', () => {
  it('holds what was put, and what was there before it, once', async () => {
    const root = await temporaryDirectory();
    const inventory = new Inventory(join(root, 'ledger'));
    await inventory.begin(root, listOf(one));
    await inventory.begin(root, listOf(two));
    expect(await collect(inventory.all())).toEqual([one]);
    await inventory.add(two);
    expect(await collect(new Inventory(join(root, 'ledger')).all())).toEqual([one, two]);
  });

  it('leaves out a line that was cut, and files that are not of a day', async () => {
    const root = await temporaryDirectory();
    const inventory = new Inventory(join(root, 'ledger'));
    await inventory.add(one);
    const [day] = await readdir(join(root, 'ledger'));
    await appendFile(join(root, 'ledger', day!), 'events/c.json.gz 12');
    await writeFile(join(root, 'ledger', 'notes.txt'), 'events/d.json.gz 9;\n');
    expect(await collect(inventory.all())).toEqual([one]);
  });
});

it('the size of an object that is gone is unknown, also if its key leads through another object', async () => {
  const root = await temporaryDirectory();
  await writeFile(join(root, 'a'), 'text');
  expect(await sizeOf(join(root, 'a'))).toBe(4);
  expect(await sizeOf(join(root, 'b'))).toBeUndefined();
  expect(await sizeOf(join(root, 'a', 'b'))).toBeUndefined();
});
