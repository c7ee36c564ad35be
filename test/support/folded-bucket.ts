/** A ledger's bucket in a temporary directory that can be folded, and opened again as after a crash. */
import type { FoldDamage } from '#embedded/storage/fold-file.ts';
import { Folding, type FoldingOptions } from '#embedded/storage/folding.ts';
import { openBucketAt } from './bucket-at.ts';
import { temporaryDirectory } from './temporary.ts';

export { contentOf, keyOf, keyOfNumber } from './bucket-at.ts';

export const openFoldable = async (directory?: string) => {
  const root = directory ?? (await temporaryDirectory());
  const damages: FoldDamage[] = [];
  const bucket = await openBucketAt(root, async damage => void damages.push(damage));
  const { s3, temporary, inventories } = bucket;
  const logged: string[] = [];
  const foldingOf = (options: Partial<FoldingOptions> = {}) =>
    new Folding({
      files: s3.filesOf('ledger'),
      temporary,
      dropFile: key => s3.dropFile('ledger', key),
      inventory: inventories.folds,
      objects: inventories.objects,
      nowMs: () => Date.parse('2026-11-27T12:00:00Z'),
      log: (_, message, facts) => void logged.push(`${message}: ${JSON.stringify(facts)}`),
      ...options,
    });
  return { root, ...bucket, damages, logged, foldingOf };
};
