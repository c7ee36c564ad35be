/** A ledger's bucket in a temporary directory that can be folded, and opened again as after a crash. */
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { Objects } from '#aws/objects.ts';
import { makeDirectory } from '#embedded/files.ts';
import type { FoldDamage } from '#embedded/storage/fold-file.ts';
import { FoldInventory } from '#embedded/storage/fold-inventory.ts';
import { Folding, type FoldingOptions } from '#embedded/storage/folding.ts';
import { Inventory } from '#embedded/storage/inventory.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { temporaryDirectory } from './temporary.ts';
import { quietBackoff } from './world.ts';

/** The key of an object of a day, as the ledger has it. */
export const keyOf = (date: string, n: number, bucket = 0, lane = 'ontime'): string => {
  const time = new Date(Date.parse(`${date}T00:00:00Z`) + n * 1000).toISOString().slice(11, 19);
  const digits = String(n).padStart(32, '0');
  return (
    `events/lane=${lane}/bucket=${String(bucket).padStart(2, '0')}/date=${date}/` +
    `${date}T${time.replaceAll(':', '')}.000000000Z-00000000-shardId-000000000000-${n}-${n}-${digits}.json.gz`
  );
};

export const openFoldable = async (directory?: string) => {
  const root = directory ?? (await temporaryDirectory());
  const temporary = join(root, 'tmp');
  await makeDirectory(temporary);
  const buckets = join(root, 'buckets');
  const inventories = {
    objects: new Inventory(join(buckets, '.inventory', 'ledger')),
    folds: new FoldInventory(join(buckets, '.inventory', 'ledger-folds'), temporary),
  };
  const damages: FoldDamage[] = [];
  const s3 = new EmbeddedS3(buckets, temporary, ['ledger'], {
    inventories: new Map([['ledger', inventories]]),
    reportDamage: async damage => void damages.push(damage),
  });
  await s3.open();
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
  const ledger = new Objects(s3 as unknown as Pick<S3Client, 'send'>, 'ledger', quietBackoff);
  return { root, temporary, buckets, s3, ledger, inventories, damages, logged, foldingOf };
};
