/**
 * Checks whether every fold that is known exists with its full size. What is missing of one becomes a gap, as
 * does what is found to be missing when a fold is read.
 */
import { basename } from 'node:path';
import type { Objects } from '#aws/objects.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { putLostGap } from '#embedded/lost-gap.ts';
import type { Log } from '#functions/runtime/log.ts';
import { dropReplaced, type FoldWorld } from './fold-change.ts';
import type { FoldDamage } from './fold-file.ts';
import type { FoldInventory } from './fold-inventory.ts';
import { dateOfFold } from './folds.ts';
import { sizeOf } from './inventory.ts';

export type LostFoldsWorld = {
  aside: Pick<Objects, 'create'>;
  inventory: FoldInventory;
  /** The number of buckets. */
  buckets: number;
  log: Log;
};

type LostFold = { path: string; name: string; what: string };

/** Once per fold: the same gap, however it was noticed. `buckets` empty means that they are not known. */
const report = async (
  { aside, buckets: count, log }: LostFoldsWorld,
  { path, name, what }: LostFold,
  buckets: readonly number[],
): Promise<void> => {
  const date = dateOfFold(name)!;
  const isNew = await putLostGap(aside, {
    name: `ledger/fold-${name}`,
    description:
      `The fold ${name} of the ledger, with objects of ${date}, ${what}; ` +
      'restore it from a copy, and dismiss this',
    buckets: buckets.length > 0 ? buckets : allBuckets(count),
    // Everything in it was filed before the end of its day.
    atMs: Date.parse(`${date}T00:00:00Z`) + 24 * 3_600_000,
  });
  if (isNew)
    log('error', `A fold of the ledger ${what}; exports report it as a gap. Restore it from a copy`, {
      path,
    });
};

/** For `BucketOptions.reportDamage`. */
export const reportDamagedFold = async (
  world: LostFoldsWorld,
  { path, what, objects }: FoldDamage,
): Promise<void> => {
  const name = basename(path);
  const known = (await world.inventory.all()).find(fold => fold.name === name);
  const readable = objects.flatMap(({ key }) => /\/bucket=(\d+)\//.exec(key)?.[1] ?? []).map(Number);
  await report(world, { path, name, what: `is damaged: ${what}` }, known?.buckets ?? [...new Set(readable)]);
};

/** The buckets that have folds; and of which days and buckets a fold is gone or cut, see `lostPart`. */
export type FoundFolds = { buckets: Set<number>; lost: Set<string> };
export const lostPart = (date: string, bucket: number): string => `${date} ${bucket}`;

/** Looks at each known fold; adds those to the inventory that it lacks. */
export const reportLostFolds = async (world: LostFoldsWorld, changes: FoldWorld): Promise<FoundFolds> => {
  const { folds } = changes.files;
  const found: FoundFolds = { buckets: new Set(), lost: new Set() };
  const known = await world.inventory.all();
  for (const { name, bytes, buckets } of known) {
    for (const bucket of buckets) found.buckets.add(bucket);
    const path = folds.pathOf(name);
    const size = await sizeOf(path);
    if (size === bytes) continue;
    for (const bucket of buckets) found.lost.add(lostPart(dateOfFold(name)!, bucket));
    const what = size === undefined ? 'is gone' : `has ${size} bytes instead of ${bytes}`;
    await report(world, { path, name, what }, buckets);
  }
  await folds.exclusively(async () => {
    await folds.refresh(true);
    const names = new Set(known.map(({ name }) => name));
    for (const date of folds.dates)
      if (folds.namesOf(date).some(name => !names.has(name))) await dropReplaced(changes, date);
  });
  for (const { buckets } of await world.inventory.all())
    for (const bucket of buckets) found.buckets.add(bucket);
  return found;
};
