/** Looks whether every object that was put into the ledger is there and whole in size; what is not becomes a gap. */
import { createHash } from 'node:crypto';
import { systemBackoff } from '#aws/backoff.ts';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { Objects, type ObjectsClient } from '#aws/objects.ts';
import { eventsPrefix, parseObjectKey } from '#domain/layout.ts';
import type { Log } from '#functions/log.ts';
import { type Inventoried, type Inventory, sizeOf } from './inventory.ts';
import { putLostGap } from './lost-gap.ts';

export type LostObjectsWorld = {
  s3: ObjectsClient;
  /** Of the buckets. */
  names: { ledger: string; aside: string };
  inventory: Inventory;
  temporary: string;
  log: Log;
};

type World = { ledger: Objects; aside: Objects; inventory: Inventory; log: Log };

const looksAtOnce = 1000;

export const reportLostObjects = async ({ s3, names, ...rest }: LostObjectsWorld): Promise<void> => {
  const { inventory, temporary } = rest;
  const ledger = new Objects(s3, names.ledger, systemBackoff);
  const world = { ...rest, ledger, aside: new Objects(s3, names.aside, systemBackoff) };
  await inventory.begin(temporary, ledger.list(eventsPrefix));
  let some: Inventoried[] = [];
  for await (const one of inventory.all()) {
    some.push(one);
    if (some.length < looksAtOnce) continue;
    await fewAtOnce(some, each => look(world, each));
    some = [];
  }
  await fewAtOnce(some, each => look(world, each));
};

const look = async ({ ledger, aside, log }: World, { key, bytes }: Inventoried): Promise<void> => {
  const name = parseObjectKey(key);
  if (!name) return;
  const path = ledger.placeOf(key);
  const size = await sizeOf(path);
  if (size === bytes) return;
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
