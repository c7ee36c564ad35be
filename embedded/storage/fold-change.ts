/**
 * Puts a fold in the place of files and of other folds. Each step leaves every object in at least one place:
 * the new fold is written, synced, read back and renamed; the inventory says so; then what it replaces is
 * deleted. A fold names the folds that it replaces, so that after a crash they no longer count.
 */
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, syncDirectory } from '#embedded/files.ts';
import type { BucketFiles } from './bucket-files.ts';
import type { FoldFile } from './fold-file.ts';
import type { FoldedObject } from './fold-format.ts';
import type { FoldInventory, InventoriedFold } from './fold-inventory.ts';
import { type FoldSource, verifyFold, writeFold } from './fold-writer.ts';
import { foldedDateOf } from './folds.ts';
import { compareKeys } from './key-order.ts';

export type FoldWorld = {
  files: BucketFiles;
  /** On the same file system; may be emptied at any start. */
  temporary: string;
  inventory?: FoldInventory | undefined;
  /** For tests: called between the steps. */
  step?: ((name: string) => void) | undefined;
};

/**
 * Writes a fold of these objects, of which there is at least one; the folds of `replaced` no longer count,
 * whatever they hold. False if an object is gone by now: then nothing has changed.
 */
export const putFold = async (
  world: FoldWorld,
  date: string,
  sources: readonly FoldSource[],
  replaced: readonly FoldFile[],
): Promise<boolean> => {
  const { files, temporary, step } = world;
  const { folds } = files;
  // Those that were replaced before and not deleted yet too, or they would count again.
  const live = new Set((await folds.of(date)).map(({ name }) => name));
  const replaces = [
    ...replaced.map(({ name }) => name),
    ...folds.namesOf(date).filter(name => !live.has(name)),
  ];
  const sorted = [...sources]
    .sort((a, b) => compareKeys(a.key, b.key))
    // After a crash an object may be in two places.
    .filter(({ key }, at, all) => at === 0 || key !== all[at - 1]!.key);
  const head = { format: 1 as const, date, objects: sorted.length, replaces };
  step?.('write');
  const written = await writeFold(temporary, head, sorted);
  if (!written) return false;
  try {
    step?.('verify');
    await verifyFold(written);
    const path = folds.pathOf(`${date}-${randomBytes(8).toString('hex')}.fold`);
    await makeDirectory(dirname(path));
    step?.('place');
    await rename(written.path, path);
    step?.('sync');
    await syncDirectory(dirname(path));
  } finally {
    await rm(written.path, { force: true });
    await folds.refresh(true);
  }
  step?.('placed');
  await dropReplaced(world, date);
  return true;
};

/** Deletes the folds of a day that others have replaced, once the inventory no longer looks for them. */
export const dropReplaced = async (world: FoldWorld, date: string): Promise<void> => {
  const { files, inventory, step } = world;
  const { folds } = files;
  if (files.isInUse(date)) return;
  const live = await folds.of(date);
  const names = new Set(live.map(({ name }) => name));
  const dead = folds.namesOf(date).filter(name => !names.has(name));
  step?.('inventory');
  await inventory?.replaceFolds(live.map(describeFold), dead);
  for (const name of dead) {
    step?.('delete a fold');
    await rm(folds.pathOf(name), { force: true });
  }
  if (dead.length === 0) return;
  await syncDirectory(folds.directory);
  await folds.refresh(true);
};

const describeFold = (fold: FoldFile): InventoriedFold => {
  const buckets = fold.sections.flatMap(({ folder }) => /\/bucket=(\d+)\//.exec(folder)?.[1] ?? []);
  return { name: fold.name, bytes: fold.size, buckets: [...new Set(buckets.map(Number))] };
};

/** Objects of folds, to be written into another. */
export async function* sourcesOf(folds: readonly FoldFile[]): AsyncGenerator<FoldSource> {
  for (const fold of folds)
    for (const section of fold.sections)
      for (const object of await fold.objectsOf(section))
        yield { key: object.key, read: () => readFolded(fold, object) };
}

/** Throws `DamagedFold`: what is damaged stays where it is. */
const readFolded = async (fold: FoldFile, object: FoldedObject) => {
  for await (const { bytes } of fold.verified([object]))
    return { etag: object.etag, writtenMs: object.writtenMs, content: bytes };
  return undefined;
};

/** Deletes an object from its folds. True if it was in one. */
export const removeFolded = async (world: FoldWorld, key: string): Promise<boolean> => {
  const { folds } = world.files;
  const date = foldedDateOf(key)!;
  let isFound = false;
  for (let found = await folds.find(key); found; found = await folds.find(key)) {
    isFound = true;
    const rest: FoldSource[] = [];
    for await (const source of sourcesOf([found.fold])) if (source.key !== key) rest.push(source);
    if (rest.length > 0) await putFold(world, date, rest, [found.fold]);
    else {
      await world.inventory?.replaceFolds([], [found.fold.name]);
      await rm(found.fold.path, { force: true });
      await syncDirectory(folds.directory);
      await folds.refresh(true);
    }
  }
  return isFound;
};
