import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { filesBelow } from '#cli/backup/source.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

it('everything belongs in a backup but what one process alone may use, and what is made again', async () => {
  const root = await temporaryDirectory();
  const kept = [
    'buckets/aside/refused/a',
    'buckets/results/exports/a',
    'buckets/state/admins/a',
    'keys.json',
    'token-key',
    'unknown/of-a-later-version',
  ];
  const left = [
    ...['lock', 'lock.wal', 'server.json', 'keys.json.lock', 'tmp/a', 'login-links/a'],
    ...['restoring/.backup', 'lost+found/a', 'buckets/lost+found/a', '.snapshot/a'],
    ...['buckets/views/segments/a', 'buckets/state/compact/a', 'buckets/results/leases/a'],
  ];
  for (const path of [...kept, ...left]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  const found: string[] = [];
  for await (const path of filesBelow(root, '.')) found.push(path);
  expect(found.sort()).toEqual(kept);
  const one: string[] = [];
  for (const path of ['keys.json', 'nothing'])
    for await (const file of filesBelow(root, path)) one.push(file);
  expect(one).toEqual(['keys.json']);
});

it('a symbolic link is refused, since what it names would be in no backup', async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'buckets/ledger'), { recursive: true });
  await symlink(await temporaryDirectory(), join(root, 'buckets/ledger/events'));
  const list = async () => {
    for await (const _ of filesBelow(root, 'buckets/ledger'));
  };
  await expect(list()).rejects.toThrow('has a symbolic link, buckets/ledger/events');
});
