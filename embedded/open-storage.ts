/** The buckets of an installation, with what notices that objects of the ledger are gone, and what folds them. */
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { openBucket } from '#aws/objects.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { FoldInventory } from '#embedded/storage/fold-inventory.ts';
import { Folding, type FoldingSettings } from '#embedded/storage/folding.ts';
import { Inventory } from '#embedded/storage/inventory.ts';
import { reportDamagedFold } from '#embedded/storage/lost-folds.ts';
import { reportLostObjects } from '#embedded/storage/lost-objects.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { backgroundWork } from './background.ts';
import type { DataDirectory } from './data-directory.ts';
import { names } from './options.ts';

export type StorageOptions = {
  data: DataDirectory;
  /** The number of buckets. */
  buckets: number;
  log: Log;
  folding?: FoldingSettings | undefined;
};

const foldEveryMs = 3_600_000;

export const openStorage = async ({ data, buckets, log, folding = {} }: StorageOptions) => {
  const { temporary } = data;
  const folder = join(data.buckets, '.inventory');
  const inventories = {
    objects: new Inventory(join(folder, names.ledger)),
    folds: new FoldInventory(join(folder, `${names.ledger}-folds`), temporary),
  };
  const s3 = new EmbeddedS3(
    data.buckets,
    temporary,
    [names.ledger, names.state, names.views, names.aside, names.results],
    {
      inventories: new Map([[names.ledger, inventories]]),
      reportDamage: damage => reportDamagedFold(world, damage),
    },
  );
  const client = s3 as unknown as Pick<S3Client, 'send'>;
  const world = { aside: openBucket(client, names.aside), inventory: inventories.folds, buckets, log };
  await s3.open();
  const files = s3.filesOf(names.ledger);
  return {
    s3,
    /** Reports what is gone from the ledger. */
    lookForLost: (watermarks: Pick<Watermarks, 'all'>): Promise<void> =>
      reportLostObjects({ s3: client, names, inventories, files, watermarks, buckets, temporary, log }),
    /** Folds regularly, first when the ledger has been looked at; returns how to stop. */
    startFolding(background: ReturnType<typeof backgroundWork>, looked: Promise<void>): () => void {
      const { everyMs = foldEveryMs, ...options } = folding;
      const work = new Folding({
        files,
        temporary,
        dropFile: key => s3.dropFile(names.ledger, key),
        inventory: inventories.folds,
        objects: inventories.objects,
        nowMs: Date.now,
        log,
        ...options,
      });
      const fold = background.onceAtATime('folding', () => work.run());
      const timer = setInterval(fold, everyMs);
      void looked.then(fold);
      return () => {
        clearInterval(timer);
        work.stop();
      };
    },
  };
};
