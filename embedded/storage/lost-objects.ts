/**
 * Checks whether every object that was put into the ledger exists with its full size, and whether a bucket
 * into which rows were filed has any object at all. What is missing becomes a gap.
 */
import { createHash } from 'node:crypto';
import { systemBackoff } from '#aws/backoff.ts';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { Objects, type ObjectsClient } from '#aws/objects.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { eventsPrefix, parseObjectKey } from '#domain/archive/layout.ts';
import { countedOf, filedUntil, type Watermark } from '#domain/archive/watermark.ts';
import { dateOf } from '#domain/time.ts';
import { putLostGap } from '#embedded/lost-gap.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { BucketFiles } from './bucket-files.ts';
import type { Inventoried } from './inventory.ts';
import { type FoundFolds, lostPart, reportLostFolds } from './lost-folds.ts';
import type { Inventories } from './s3.ts';

export type LostObjectsWorld = {
  s3: ObjectsClient;
  /** The names of the buckets. */
  names: { ledger: string; aside: string };
  inventories: Inventories;
  files: BucketFiles;
  watermarks: Pick<Watermarks, 'all'>;
  buckets: number;
  temporary: string;
  log: Log;
};

type World = { ledger: Objects; aside: Objects; files: BucketFiles; log: Log };
type LookWorld = World & Pick<FoundFolds, 'lost'>;

const looksAtOnce = 1000;

export const reportLostObjects = async ({ s3, names, ...rest }: LostObjectsWorld): Promise<void> => {
  const { inventories, temporary, watermarks, files, buckets, log } = rest;
  const inventory = inventories.objects;
  const ledger = new Objects(s3, names.ledger, systemBackoff);
  const world = { ...rest, ledger, aside: new Objects(s3, names.aside, systemBackoff) };
  const { aside } = world;
  const { buckets: found, lost } = await reportLostFolds(
    { aside, inventory: inventories.folds, buckets, log },
    { files, temporary, inventory: inventories.folds },
  );
  await inventory.begin(temporary, ledger.list(eventsPrefix));
  let some: Inventoried[] = [];
  for await (const one of inventory.all()) {
    some.push(one);
    const bucket = parseObjectKey(one.key)?.bucket;
    if (bucket !== undefined) found.add(bucket);
    if (some.length < looksAtOnce) continue;
    await fewAtOnce(some, each => look({ ...world, lost }, each));
    some = [];
  }
  await fewAtOnce(some, each => look({ ...world, lost }, each));
  await reportEmptyBuckets(world, await watermarks.all(), found);
};

/**
 * The ledger and its inventory may both be gone, or be an earlier copy; what the watermarks counted is not.
 */
const reportEmptyBuckets = async (
  { aside, log }: World,
  watermarks: readonly Watermark[],
  found: ReadonlySet<number>,
): Promise<void> => {
  const rows = new Map<string, number>();
  for (const counted of watermarks.map(countedOf))
    for (const [name, count] of Object.entries(counted?.rows ?? {}))
      rows.set(name, (rows.get(name) ?? 0) + count);
  for (const [name, count] of rows) {
    const bucket = Number(name);
    if (count === 0 || found.has(bucket)) continue;
    const isNew = await putLostGap(aside, {
      name: `ledger/bucket-${name}-${count}`,
      description:
        `Bucket ${name} of the ledger is empty, and ${count} rows were filed into it; ` +
        'restore it from a copy, and dismiss this',
      buckets: [bucket],
      atMs: Date.parse(filedUntil(watermarks, bucket)!),
    });
    if (isNew)
      log(
        'error',
        'A bucket of the ledger is empty though rows were filed into it; exports report a gap. Restore it from a copy',
        {
          bucket: name,
          rows: count,
        },
      );
  }
};

const look = async (
  { ledger, aside, files, lost, log }: LookWorld,
  { key, bytes }: Inventoried,
): Promise<void> => {
  const name = parseObjectKey(key);
  if (!name) return;
  const path = ledger.placeOf(key);
  const size = (await files.facts(key))?.bytes;
  if (size === bytes) return;
  // It was in a fold, which is reported as a whole.
  if (size === undefined && lost.has(lostPart(dateOf(name.firstFiledAt), name.bucket))) return;
  const what = size === undefined ? 'is gone' : `has ${size} bytes instead of ${bytes}`;
  const isNew = await putLostGap(aside, {
    name: `ledger/${createHash('sha256').update(key).digest('hex')}`,
    description: `The object ${key} of the ledger ${what}; restore it from a copy, and dismiss this`,
    buckets: [name.bucket],
    atMs: Date.parse(name.firstFiledAt),
  });
  if (isNew)
    log('error', `An object of the ledger ${what}; exports report it as a gap. Restore it from a copy`, {
      path,
    });
};
