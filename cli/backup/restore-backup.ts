/**
 * Restores a backup into an empty folder. Everything is written below `restoring/`, and checked while it is;
 * then it is moved to its place, `buckets/` last: until then `annals start` refuses the folder. A restore that
 * was interrupted begins anew, or ends what it has begun to move.
 */
import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemBackoff } from '#aws/backoff.ts';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { Objects } from '#aws/objects.ts';
import { readInstallation } from '#aws/state/installation.ts';
import { Failure } from '#cli/failure.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { asAbsent, makeDirectory, syncDirectory, writeDurably } from '#embedded/files.ts';
import { putLostGap } from '#embedded/lost-gap.ts';
import { names } from '#embedded/options.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import type { Manifest, ManifestHead } from './manifest.ts';
import { markDeliveries } from './mark-deliveries.ts';
import { restoringName } from './source.ts';
import type { BackupStore } from './store.ts';

export type RestoreWorld = {
  store: BackupStore;
  manifest: Manifest;
  /** The folder that becomes a data directory. */
  target: string;
  nowMs(): number;
  onFile(files: number): void;
};

/** Says which backup is being restored; its name is one that no backup has. */
const markName = '.backup';
const filesAtOnce = 8;

export const restoreBackup = async (world: RestoreWorld): Promise<void> => {
  const { manifest, target } = world;
  const work = join(target, restoringName);
  if ((await requireEmpty(target, manifest)) === 'moved') return finish(target);
  await rm(work, { recursive: true, force: true });
  await makeDirectory(work);
  await writeDurably(work, join(work, markName), manifest.head.name);
  await extractAll(world, work);
  await addWhatIsNew(manifest.head, work, world.nowMs());
  const moved = (await readdir(work)).filter(
    // An earlier version copied what an interrupted restore had left.
    name => ![markName, 'buckets', 'tmp', restoringName].includes(name),
  );
  for (const name of moved) await rename(join(work, name), join(target, name));
  await syncDirectory(target);
  await rename(join(work, 'buckets'), join(target, 'buckets'));
  await syncDirectory(target);
  await finish(target);
};

const finish = async (target: string): Promise<void> => {
  await rm(join(target, restoringName), { recursive: true, force: true });
  await syncDirectory(target);
};

/** What an interrupted restore has left is removed or, if everything was moved, kept. */
const requireEmpty = async (target: string, { head, files }: Manifest): Promise<'empty' | 'moved'> => {
  const entries = ((await readdir(target).catch(asAbsent)) ?? []).filter(entry => !foreign.has(entry));
  if (entries.length === 0) return 'empty';
  const begun = await readFile(join(target, restoringName, markName), 'utf8').catch(asAbsent);
  const isMoved = await exists(join(target, 'buckets'));
  const own = new Set([restoringName, ...files.map(({ path }) => path.split('/')[0]!)]);
  const isOwn = isMoved ? begun === head.name : begun !== undefined && entries.every(entry => own.has(entry));
  if (!isOwn)
    throw new Failure(
      2,
      `The folder ${target} is not empty; nothing in it was changed. Restore into a new or an empty folder`,
    );
  if (isMoved) return 'moved';
  for (const entry of entries) await rm(join(target, entry), { recursive: true, force: true });
  return 'empty';
};

const foreign = new Set(['lost+found', '.snapshot', '.DS_Store']);
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    error => asAbsent(error) ?? false,
  );

const extractAll = async ({ store, manifest, onFile }: RestoreWorld, work: string): Promise<void> => {
  const folders = new Set<string>();
  for (const { path } of manifest.files) folders.add(dirname(join(work, path)));
  for (const folder of folders) await makeDirectory(folder);
  let done = 0;
  await fewAtOnce(
    manifest.files,
    async file => {
      if (!(await store.extract(file, join(work, file.path), file.mtime_ms)))
        throw new Failure(
          1,
          `The backup ${manifest.head.name} lacks ${file.path}, or it is damaged; nothing was restored. ` +
            'Restore another backup: "annals backup --verify" says which are whole',
        );
      onFile(++done);
    },
    filesAtOnce,
  );
  for (const folder of folders) await syncDirectory(folder);
};

/**
 * What was acknowledged after the backup is not in it, and senders believe it stored: every answer that may
 * lack it says so, until somebody dismisses the gap. What was delivered after it is marked.
 */
const addWhatIsNew = async (head: ManifestHead, work: string, nowMs: number): Promise<void> => {
  const s3 = new EmbeddedS3(join(work, 'buckets'), join(work, 'tmp'), [names.aside, names.state]);
  await makeDirectory(join(work, 'tmp'));
  await s3.open();
  const place = (name: string) => new Objects(s3 as never, name, systemBackoff);
  const { buckets } = await readInstallation(place(names.state));
  await putLostGap(place(names.aside), {
    name: `restored/${head.name}`,
    description:
      `The data directory was restored from the backup ${head.name}: what was acknowledged after ` +
      `${head.acknowledged_to} and before ${new Date(nowMs).toISOString()} is missing. ` +
      'Have senders send it again, and dismiss this',
    buckets: allBuckets(buckets),
    atMs: nowMs,
  });
  await markDeliveries(place(names.state), buckets, nowMs);
  await rm(join(work, 'tmp'), { recursive: true, force: true });
};
