/** `annals backup`: copies a data directory while its server runs, and checks the copies. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { MadeBackup } from '#cli/backup/make-backup.ts';
import type { ManifestHead } from '#cli/backup/manifest.ts';
import { command, dataOption, jsonOption } from '#cli/command.ts';
import { dataDirectory } from '#cli/connection.ts';
import { Failure, orFailure } from '#cli/failure.ts';
import { printJson, printText } from '#cli/output.ts';
import { openPlaces } from '#cli/places.ts';
import { withProgress } from '#cli/progress.ts';
import { count, renderTable, showBytes, showTime } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { asAbsent } from '#embedded/files.ts';

type BackupOptions = {
  data?: string;
  stack?: string;
  json: boolean;
  keep?: string;
  verify?: boolean;
  list?: boolean;
};

export const addBackup = (program: Command): void => {
  command(
    program,
    'backup',
    'Back up a data directory into a folder, whether its server runs or not. Only what has changed since the last' +
      ' backup in that folder is copied. "annals restore" restores one.',
    'backup /mnt/backups/annals --data /var/lib/annals --keep 30',
    'backup /mnt/backups/annals --verify',
  )
    .argument('<folder>', 'the folder of backups: a new one, an empty one, or that of earlier backups')
    .option(
      '--keep <number>',
      'keep this many of the newest backups, and delete the others (default: keep all)',
    )
    .option('--verify', 'read all files of all backups, and compare them with their SHA-256')
    .option('--list', 'list the backups')
    .option(...dataOption)
    .option(...jsonOption)
    .action(backup);
};

const backup = async (folder: string, options: BackupOptions, { parent }: Command): Promise<void> => {
  const { stack, verify = false, list = false } = options;
  if (stack !== undefined)
    throw new Failure(2, 'On AWS the buckets keep versions (docs/deploy.md); leave out --stack');
  if (verify && list) throw new Failure(2, 'Give either --verify or --list');
  if ((verify || list) && (options.keep !== undefined || options.data !== undefined))
    throw new Failure(
      2,
      '--verify and --list look at the folder of backups alone; leave out --data and --keep',
    );
  if (verify) return verifyAll(folder, options);
  return list ? listAll(folder, options) : make(folder, options, parent!.version()!);
};

const keepOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1)
    throw new Failure(2, `--keep is "${text}"; expected a number from 1 to 99999`);
  return Number(text);
};

const isWithin = (outer: string, inner: string): boolean => {
  const path = relative(outer, inner);
  return path === '' || (!path.startsWith('..') && !isAbsolute(path));
};

/** Where a path leads by its symbolic links, also if its last parts do not exist yet. */
const realPath = async (path: string): Promise<string> =>
  (await realpath(path).catch(asAbsent)) ?? join(await realPath(dirname(path)), basename(path));

const make = async (folder: string, options: BackupOptions, version: string): Promise<void> => {
  const keep = keepOf(options.keep);
  const [root, target] = [resolve(dataDirectory(options.data)), resolve(folder)];
  const [real, realTarget] = [await realPath(root), await realPath(target)];
  if (isWithin(real, realTarget) || isWithin(realTarget, real))
    throw new Failure(2, `The folder of backups ${target} and the data directory ${root} must lie apart`);
  const { made, pruned } = await withProgress(options.json, bar =>
    orFailure('The backup could not be made', async () => {
      const { BackupStore } = await import('#cli/backup/store.ts');
      const { makeBackup } = await import('#cli/backup/make-backup.ts');
      const { id, buckets } = await installationIn(root);
      const store = await BackupStore.openForWriting(target, id);
      try {
        const onFile = (files: number) => bar.say(`${count(files, 'file')} looked at`);
        const made = await makeBackup({ root, store, buckets, version, nowMs: Date.now, onFile });
        // What the ledger has lost is in older backups alone.
        const pruned = await store.prune(made.loss.paths.length > 0 ? undefined : keep).catch(cause => {
          const { message } = cause as Error;
          throw new Failure(
            1,
            `The backup ${made.head.name} was made, but no earlier one could be deleted: ${message}. ` +
              'Delete a manifest that is damaged',
            { cause },
          );
        });
        return { made, pruned };
      } finally {
        store.release();
      }
    }),
  );
  const { head, files, bytes, loss } = made;
  await (options.json
    ? printJson({ ...head, files, bytes, lost: loss.paths, deleted_backups: pruned.backups })
    : printText(
        `Backup ${head.name}: ${count(files, 'file')}, ${showBytes(bytes)}. It has every event that was acknowledged` +
          ` before ${showTime(head.acknowledged_to)} UTC`,
      ));
  if (loss.paths.length > 0) throw lossFailure(made);
};

const lossFailure = ({ loss }: MadeBackup): Failure =>
  new Failure(
    1,
    `The backup was made, but the ledger lacks ${count(loss.paths.length, 'file')} that it had before, such as ` +
      `${loss.paths[0]}.${loss.backup === undefined ? '' : ` The backup ${loss.backup} has what it lacks.`} ` +
      'No backup was deleted; see "A damaged ledger" in docs/operate.md',
  );

const installationIn = async (root: string): Promise<{ id: string; buckets: number }> => {
  const { NoInstallation, readInstallation } = await import('#aws/state/installation.ts');
  const { state } = await openPlaces({ data: root });
  const { id, buckets } = await readInstallation(state).catch(error => {
    if (!(error instanceof NoInstallation)) throw error;
    throw new Failure(2, `${root} is not a data directory (${error.message}); give yours with --data`);
  });
  if (id === undefined)
    throw new Failure(
      1,
      `The installation in ${root} has no id yet; start its server once with this version`,
    );
  return { id, buckets };
};

const verifyAll = async (folder: string, { json }: BackupOptions): Promise<void> => {
  const verified = await withProgress(json, bar =>
    orFailure('The backups could not be read', async () => {
      const { BackupStore } = await import('#cli/backup/store.ts');
      const { verifyBackups } = await import('#cli/backup/verify-backup.ts');
      const store = await BackupStore.open(resolve(folder));
      return verifyBackups(store, await store.names(), files => bar.say(`${count(files, 'file')} read`));
    }),
  );
  const damaged = verified.backups.filter(one => one.damaged.length > 0);
  const isWhole = damaged.length === 0 && verified.unreadable.length === 0;
  await (json
    ? printJson({ is_whole: isWhole, ...verified })
    : printText(
        [
          ...verified.backups.map(
            one =>
              `${one.name}: ${count(one.files, 'file')}, ${showBytes(one.bytes)}, ` +
              (one.damaged.length === 0
                ? paint('green', 'whole')
                : paint(
                    'red',
                    `${one.damaged.length} damaged or missing, such as ${visible(one.damaged[0]!)}`,
                  )),
          ),
          ...verified.unreadable,
        ].join('\n') || 'There is no backup yet',
      ));
  if (!isWhole)
    throw new Failure(1, 'A backup is damaged: make a new one, into another folder if the disk is bad');
};

const listAll = async (folder: string, { json }: BackupOptions): Promise<void> => {
  const found = await orFailure('The backups could not be read', async () => {
    const { BackupStore } = await import('#cli/backup/store.ts');
    const store = await BackupStore.open(resolve(folder));
    const heads: ManifestHead[] = [];
    const unreadable: string[] = [];
    for (const name of await store.names())
      try {
        heads.push((await store.manifest(name)).head);
      } catch (error) {
        if ((error as Error).name !== 'ManifestError') throw error;
        unreadable.push((error as Error).message);
      }
    return { heads, unreadable };
  });
  const { heads, unreadable } = found;
  const rows = heads.map(({ name, acknowledged_to, version }) => ({
    backup: name,
    'complete up to': showTime(acknowledged_to),
    version,
  }));
  const shown = rows.length === 0 ? 'There is no backup yet' : renderTable(rows, {});
  await (json ? printJson({ backups: heads }) : printText(shown));
  if (unreadable.length > 0) throw new Failure(1, unreadable.join('\n'));
};
