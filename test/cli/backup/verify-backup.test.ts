import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BackupStore } from '#cli/backup/store.ts';
import { verifyBackups } from '#cli/backup/verify-backup.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

it('every backup is read, and what is missing or damaged is named by each that holds it', async () => {
  const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
  onTestFinished(() => store.release());
  const head = { format: 1 as const, installation: 'i', version: '0', state_as_of: '', acknowledged_to: '' };
  const [kept, changed, gone] = await Promise.all(
    ['kept', 'changed', 'gone'].map(text => store.putBytes(Buffer.from(text))),
  );
  const files = { kept: kept!, changed: changed!, gone: gone! };
  const commit = (name: string, paths: (keyof typeof files)[]) =>
    store.commit({
      head: { ...head, name, complete_to: null },
      files: paths.map(path => ({ path, ...files[path], mtime_ms: 0 })),
    });
  const names = [1, 2, 3].map(day => `2026-11-0${day}T00-00-00-000Z`);
  await commit(names[0]!, ['kept']);
  await commit(names[1]!, ['kept', 'changed', 'gone']);
  await commit(names[2]!, ['changed']);
  await writeFile(store.pathOf(changed!.sha256), 'chanced');
  await rm(store.pathOf(gone!.sha256));
  await writeFile(join(store.root, 'backups', `${names[0]}.ndjson`), '');
  let seen = 0;
  const { backups, unreadable } = await verifyBackups(store, await store.names(), files => {
    seen = files;
  });
  expect(backups).toEqual([
    { name: names[1], files: 3, bytes: 15, damaged: ['changed', 'gone'] },
    { name: names[2], files: 1, bytes: 7, damaged: ['changed'] },
  ]);
  expect(unreadable).toEqual([expect.stringContaining('is damaged')]);
  expect(seen).toBe(3);
});

it('what is damaged is copied again by the next backup', async () => {
  const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
  onTestFinished(() => store.release());
  const copied = await store.putBytes(Buffer.from('abc'));
  const name = '2026-11-01T00-00-00-000Z';
  await store.commit({
    head: {
      ...{ format: 1, installation: 'i', version: '0', state_as_of: '', acknowledged_to: '', name },
      complete_to: null,
    },
    files: [{ path: 'a', ...copied, mtime_ms: 0 }],
  });
  await writeFile(store.pathOf(copied.sha256), 'abd');
  const damaged = async () => (await verifyBackups(store, [name], () => undefined)).backups[0]!.damaged;
  expect([await damaged(), await damaged()]).toEqual([['a'], ['a']]);
  await store.putBytes(Buffer.from('abc'));
  expect(await damaged()).toEqual([]);
  expect(await store.prune(undefined), 'and what was damaged is deleted').toEqual({ backups: 0, objects: 1 });
});
