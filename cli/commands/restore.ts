/** `annals restore`: makes a data directory from a backup. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { command, jsonOption } from '#cli/command.ts';
import { Failure, orFailure } from '#cli/failure.ts';
import { printJson, printText } from '#cli/output.ts';
import { withProgress } from '#cli/progress.ts';
import { count, showTime } from '#cli/table.ts';

type RestoreOptions = { stack?: string; json: boolean; backup?: string };

export const addRestore = (program: Command): void => {
  command(
    program,
    'restore',
    'Make a data directory from a backup. Every file is checked, and the server refuses the directory until all of' +
      ' them are there.',
    'restore /mnt/backups/annals /var/lib/annals',
  )
    .argument('<folder>', 'the folder of backups')
    .argument('<data>', 'the data directory to make: a new folder, or an empty one')
    .option('--backup <name>', 'the backup, as "annals backup --list" shows it (default: the newest)')
    .option(...jsonOption)
    .action(restore);
};

const restore = async (
  folder: string,
  data: string,
  { stack, json, backup }: RestoreOptions,
): Promise<void> => {
  if (stack !== undefined)
    throw new Failure(2, 'On AWS the buckets keep versions (docs/deploy.md); leave out --stack');
  const target = resolve(data);
  const head = await withProgress(json, bar =>
    orFailure('The backup could not be restored', async () => {
      const { BackupStore } = await import('#cli/backup/store.ts');
      const { restoreBackup } = await import('#cli/backup/restore-backup.ts');
      const store = await BackupStore.open(resolve(folder));
      const name = backup ?? (await store.names()).at(-1);
      if (name === undefined) throw new Failure(2, `There is no backup in ${store.root}`);
      const manifest = await store.manifest(name);
      const onFile = (files: number) =>
        bar.say(`${count(files, 'file')} restored`, files / manifest.files.length);
      await restoreBackup({ store, manifest, target, nowMs: Date.now, onFile });
      return manifest.head;
    }),
  );
  if (json) return printJson({ ...head, data: target });
  return printText(
    [
      `Restored ${head.name} into ${target}`,
      `It has every event that was acknowledged before ${showTime(head.acknowledged_to)} UTC. Events after that are` +
        ' missing: exports report a gap, until you dismiss it (annals gaps).',
      'Keys, admins and schedules are those of that time: revoke again what was revoked since.',
      'Never start the old data directory again: two servers would run the same schedules.',
    ].join('\n'),
  );
};
