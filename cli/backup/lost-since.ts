/**
 * What the ledger had at the time of an earlier backup, and has no longer. Nobody deletes from a ledger, so
 * that is damage, and the earlier backup is the only copy.
 */
import { basename, join } from 'node:path';
import { names } from '#embedded/options.ts';
import { BucketFiles } from '#embedded/storage/bucket-files.ts';
import { dateOfFold, Folds, foldsFolder } from '#embedded/storage/folds.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import { bucketPath, type SourcePath } from './source.ts';

export type LedgerLoss = {
  /** Objects and folds that are gone, or have another size. */
  paths: string[];
  /** The backup that has them. */
  backup: string | undefined;
};

const objects = `${bucketPath(names.ledger)}/`;
const folds = `${bucketPath(foldsFolder, names.ledger)}/`;

export const lostSince = async (
  root: string,
  earlier: Manifest | undefined,
  files: ReadonlyMap<SourcePath, ManifestFile>,
  lostFolds: readonly string[],
): Promise<LedgerLoss> => {
  const folder = join(root, 'buckets');
  const bucket = new BucketFiles(
    join(folder, names.ledger),
    new Folds(join(folder, foldsFolder, names.ledger)),
  );
  // A fold is replaced by another of its day.
  const datesOfFolds = new Set(
    [...files.keys()].filter(path => path.startsWith(folds)).map(path => dateOfFold(basename(path))),
  );
  const paths = lostFolds.map(name => join(bucketPath(foldsFolder, names.ledger), name));
  for (const { path, bytes } of earlier?.files ?? []) {
    if (path.startsWith(folds) && !datesOfFolds.has(dateOfFold(basename(path)) ?? '')) paths.push(path);
    if (!path.startsWith(objects)) continue;
    const now = files.get(path)?.bytes ?? (await bucket.facts(path.slice(objects.length)))?.bytes;
    if (now !== bytes) paths.push(path);
  }
  return { paths: [...new Set(paths)], backup: paths.length > 0 ? earlier?.head.name : undefined };
};
