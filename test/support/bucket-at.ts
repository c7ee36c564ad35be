/** A ledger's bucket in a folder, outside of a test too: `folding-process.ts` is killed. */
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { openBucket } from '#aws/objects.ts';
import { makeDirectory } from '#embedded/files.ts';
import type { ReportDamage } from '#embedded/storage/fold-file.ts';
import { FoldInventory } from '#embedded/storage/fold-inventory.ts';
import { Inventory } from '#embedded/storage/inventory.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';

/** The key of an object of a day, as the ledger has it. */
export const keyOf = (date: string, n: number, bucket = 0, lane = 'ontime'): string => {
  const time = new Date(Date.parse(`${date}T00:00:00Z`) + n * 1000).toISOString().slice(11, 19);
  const digits = String(n).padStart(32, '0');
  return (
    `events/lane=${lane}/bucket=${String(bucket).padStart(2, '0')}/date=${date}/` +
    `${date}T${time.replaceAll(':', '')}.000000000Z-00000000-shardId-000000000000-${n}-${n}-${digits}.json.gz`
  );
};

/** The bytes of the nth object of a test. */
export const contentOf = (n: number): Buffer => Buffer.from(`object ${n} `.repeat(1 + (n % 50)));
/** Its key, on one of three days. */
export const keyOfNumber = (n: number): string =>
  keyOf(['2026-11-24', '2026-11-25', '2026-11-27'][n % 3]!, n, n % 2);

/** The bucket in a folder. */
export const openBucketAt = async (root: string, reportDamage: ReportDamage) => {
  const temporary = join(root, 'tmp');
  await makeDirectory(temporary);
  const buckets = join(root, 'buckets');
  const inventories = {
    objects: new Inventory(join(buckets, '.inventory', 'ledger')),
    folds: new FoldInventory(join(buckets, '.inventory', 'ledger-folds'), temporary),
  };
  const s3 = new EmbeddedS3(buckets, temporary, ['ledger'], {
    inventories: new Map([['ledger', inventories]]),
    reportDamage,
  });
  await s3.open();
  const ledger = openBucket(s3 as unknown as Pick<S3Client, 'send'>, 'ledger');
  return { temporary, buckets, inventories, s3, ledger };
};
