import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DirectoryBudget } from '#embedded/deliver/directory-budget.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const folderWith = async (...files: [name: string, bytes: number][]): Promise<string> => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'acme/annals'), { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(root, 'acme', name), Buffer.alloc(bytes));
  return root;
};

it('has room for what fits beside the files at any depth', async () => {
  const root = await folderWith(['a', 30], ['annals/b', 30]);
  expect(await new DirectoryBudget(root, 100).hasRoomFor(40)).toBe(true);
  expect(await new DirectoryBudget(root, 100).hasRoomFor(41)).toBe(false);
});

it('has room if nothing was delivered yet', async () => {
  expect(await new DirectoryBudget(join(await temporaryDirectory(), 'none'), 10).hasRoomFor(10)).toBe(true);
});

it('adds what is written to what was measured', async () => {
  const root = await folderWith(['a', 30]);
  const budget = new DirectoryBudget(root, 100);
  expect(await budget.hasRoomFor(40)).toBe(true);
  await writeFile(join(root, 'acme/b'), Buffer.alloc(40));
  budget.add(40);
  expect(await budget.hasRoomFor(31)).toBe(false);
  expect(await budget.hasRoomFor(30)).toBe(true);
});

it('measures again before it refuses, since files may have been moved away', async () => {
  const root = await folderWith(['a', 90]);
  const budget = new DirectoryBudget(root, 100);
  expect(await budget.hasRoomFor(10)).toBe(true);
  await rm(join(root, 'acme/a'));
  expect(await budget.hasRoomFor(100)).toBe(true);
  expect(await budget.hasRoomFor(101)).toBe(false);
});

it('adds what is written while it measures, though the measurement has not seen it', async () => {
  const root = await folderWith();
  const budget = new DirectoryBudget(root, 100);
  const first = budget.hasRoomFor(1);
  budget.add(80);
  expect(await first).toBe(true);
  await writeFile(join(root, 'acme/a'), Buffer.alloc(80));
  expect(await budget.hasRoomFor(20)).toBe(true);
  expect(await budget.hasRoomFor(21)).toBe(false);
});

it('does not look at the files of others while there is room', async () => {
  const root = await folderWith(['a', 10]);
  const budget = new DirectoryBudget(root, 100);
  expect(await budget.hasRoomFor(1)).toBe(true);
  await writeFile(join(root, 'acme/foreign'), Buffer.alloc(1000));
  expect(await budget.hasRoomFor(1)).toBe(true);
});
