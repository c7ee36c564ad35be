/**
 * Copies the ledger of a running server. Its objects never change, but they move into folds: a fold is placed
 * before the files of its objects are deleted, and before the folds that it replaces are.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asAbsent } from '#embedded/files.ts';
import { names } from '#embedded/options.ts';
import { FoldInventory } from '#embedded/storage/fold-inventory.ts';
import { foldsFolder } from '#embedded/storage/folds.ts';
import type { Copier } from './copier.ts';
import { bucketPath, filesBelow, type SourcePath } from './source.ts';

const objects = bucketPath(names.ledger);
const folds = bucketPath(foldsFolder, names.ledger);
const inventory = bucketPath('.inventory', names.ledger);
const foldInventory = `${inventory}-folds`;
/** Folds change once an hour, for some seconds. */
const attempts = 10;

/** Copies what takes long, so that the copy proper is quick; in which order does not matter. */
export const copyLedgerAhead = async (copier: Copier): Promise<void> => {
  await copier.copyBelow(objects);
  await copier.copyBelow(folds);
};

/** Returns the folds that the inventory names and that are not there: they are lost. */
export const copyLedger = async (root: string, copier: Copier): Promise<string[]> => {
  // Before the objects: whatever it names exists by then.
  await copier.copyBelow(inventory);
  await copier.copyBelow(objects);
  let lost: string[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const text = await readFile(join(root, foldInventory)).catch(asAbsent);
    const known = await new FoldInventory(join(root, foldInventory), root).all();
    for (const path of copier.files.keys()) if (path.startsWith(`${folds}/`)) copier.files.delete(path);
    const present: SourcePath[] = [];
    for await (const path of filesBelow(root, folds)) present.push(path);
    if ((await copier.copyAll(present)).length > 0) continue;
    const before = lost;
    lost = known.map(({ name }) => name).filter(name => !present.includes(join(folds, name)));
    // One that was replaced meanwhile is no longer named at the next look.
    if (lost.length > 0 && lost.join() !== before.join()) continue;
    if (text !== undefined) await copier.addBytes(foldInventory, text, Date.now());
    return lost;
  }
  throw new Error('The folds of the ledger changed each time that they were copied; try again');
};
