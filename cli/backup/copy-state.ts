/**
 * Copies the state of a running server so that the copy is one which a crash could have left. Whatever points
 * to something is copied before that; an index of what is open is copied before and after, since an extra
 * entry is dropped and a missing one would be forgotten. So are secrets of deliveries: a change writes new ones before
 * it is stored, and deletes the old ones after that.
 */
import { dirname, join } from 'node:path';
import { gapEndsPrefix, onFailurePrefix, quarantineRoot, redrivesPrefix } from '#domain/archive/layout.ts';
import {
  deliveryProgressPrefix,
  deliverySecretsPrefix,
  openDeliveriesPrefix,
} from '#domain/deliver/layout.ts';
import { names } from '#embedded/options.ts';
import type { Copier } from './copier.ts';
import { bucketPath, entriesIn, type SourcePath } from './source.ts';

const folderOf = (prefix: string): SourcePath => bucketPath(names.state, prefix.split('/')[0]!);

const beforeAndAfter = ['exports-open', 'schedules-due', 'admin-changes-open', 'notices']
  .concat(openDeliveriesPrefix, deliverySecretsPrefix)
  .map(folderOf);
/** What was delivered into directories, below the data directory. */
const deliveriesFolder: SourcePath = 'deliveries';
export const watermarks = folderOf('watermark');
/** Written by archive before the watermark passes it, so that it is copied after the watermark. */
const ofArchive = [
  ...['refused-open', 'refused', 'refused-ended'],
  ...[gapEndsPrefix, quarantineRoot, onFailurePrefix],
].map(folderOf);
/**
 * A run of a schedule is written before its export. A redrive is removed after its gap has ended. The progress of a
 * delivery never says more than its files, and each file is of a run that was frozen before it.
 */
const first = [
  ...[redrivesPrefix, 'schedules', 'exports', deliveryProgressPrefix].map(folderOf),
  deliveriesFolder,
];

/**
 * All but the watermarks and what archive writes. No answer was frozen above the watermarks that are copied
 * after this.
 */
export const copyRecords = async (root: string, copier: Copier): Promise<void> => {
  for (const path of [...beforeAndAfter, ...first]) await copier.copyBelow(path);
  const later = new Set([...beforeAndAfter, ...first, ...ofArchive, watermarks]);
  for (const { name } of await entriesIn(root, bucketPath(names.state))) {
    const path = bucketPath(names.state, name);
    if (!later.has(path)) await copier.copyBelow(path);
  }
  await fillHoles(copier);
  for (const path of beforeAndAfter) await copier.copyBelow(path);
};

export const copyRecordsOfArchive = async (copier: Copier): Promise<void> => {
  for (const path of ofArchive) await copier.copyBelow(path);
  // A new item has its entry first, and must not get it again.
  await copier.copyBelow(folderOf('refused-open'));
};

const attempts = 3;

/**
 * Events are numbered without gaps. A folder that changes while it is listed may show a later one and not
 * the one before; listed again, it shows both.
 */
const fillHoles = async (copier: Copier): Promise<void> => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const folders = foldersWithHoles([...copier.files.keys()]);
    if (folders.length === 0) return;
    for (const folder of folders) await copier.copyBelow(folder);
  }
};

export const foldersWithHoles = (paths: readonly SourcePath[]): SourcePath[] => {
  const events = new Map<SourcePath, number[]>();
  for (const path of paths) {
    const [, n] = /^buckets\/state\/(?:exports|schedules|deliveries)\/.*\/(\d{8})\.json$/.exec(path) ?? [];
    if (n === undefined) continue;
    const folder = dirname(path);
    events.set(folder, [...(events.get(folder) ?? []), Number(n)]);
  }
  return [...events]
    .filter(([, numbers]) => Math.max(...numbers) >= numbers.length)
    .map(([folder]) => folder);
};

/** What the state points to: files of exports with their names, queries, and what was put aside. */
export const copyWhatStateNames = async (root: string, copier: Copier): Promise<void> => {
  await copier.copyBelow('athena');
  const done = new Set([names.state, names.ledger, '.folds', '.inventory', names.aside, '.headers']);
  for (const { name } of await entriesIn(root, 'buckets'))
    if (!done.has(name)) await copier.copyBelow(bucketPath(name));
  await copier.copyBelow(bucketPath('.headers'));
  await copyRecordsOfArchive(copier);
  await copier.copyBelow(bucketPath(names.aside));
};

/** Everything that is neither in a bucket nor of the stream: keys, and whatever else is beside them. */
export const copyTheRest = async (root: string, copier: Copier): Promise<void> => {
  const done = new Set(['buckets', 'stream', 'acknowledged', 'checkpoints', 'athena', deliveriesFolder]);
  for (const { name } of await entriesIn(root, '.')) if (!done.has(name)) await copier.copyBelow(join(name));
};
