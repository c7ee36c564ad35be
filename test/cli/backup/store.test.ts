import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ManifestFile } from '#cli/backup/manifest.ts';
import { BackupStore, type Copied } from '#cli/backup/store.ts';
import { syncDirectory } from '#embedded/files.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

vi.mock('#embedded/files.ts', { spy: true });

const opened = async (root?: string) => {
  const folder = root ?? join(await temporaryDirectory(), 'backups');
  const store = await BackupStore.openForWriting(folder, 'i-1');
  onTestFinished(() => store.release());
  return store;
};
const head = (name: string) => ({
  format: 1 as const,
  name,
  installation: 'i-1',
  version: '0',
  state_as_of: '',
  acknowledged_to: '',
  complete_to: null,
});
const fileOf = (path: string, copied: Copied): ManifestFile => ({ path, ...copied, mtime_ms: 5000 });
const names = ['2026-11-01T00-00-00-000Z', '2026-11-02T00-00-00-000Z', '2026-11-03T00-00-00-000Z'];

describe('a folder of backups', () => {
  it('holds the bytes of small and large files once, by their SHA-256', async () => {
    const store = await opened();
    const source = join(await temporaryDirectory(), 'f');
    for (const bytes of [0, 10, 3_000_000]) {
      await writeFile(source, randomBytes(bytes));
      const copied = await store.put(source);
      expect(copied.bytes).toBe(bytes);
      expect((await readFile(store.pathOf(copied.sha256))).equals(await readFile(source))).toBe(true);
      expect(await store.put(source)).toEqual(copied);
      expect(await store.isWhole(copied)).toBe(true);
    }
    expect(await readdir(join(store.root, 'tmp'))).toEqual([]);
    await expect(store.put(`${source}-gone`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('has the folder of an object written to the disk, also if an interrupted backup placed it', async () => {
    const first = await opened();
    const copied = await first.putBytes(Buffer.from('abc'));
    first.release();
    const store = await opened(first.root);
    expect(await store.putBytes(Buffer.from('abc'))).toEqual(copied);
    vi.mocked(syncDirectory).mockClear();
    await store.commit({ head: head(names[0]!), files: [fileOf('a', copied)] });
    expect(syncDirectory).toHaveBeenCalledWith(dirname(store.pathOf(copied.sha256)));
  });

  it('gives a file back with its time, and says if its bytes are not the right ones', async () => {
    const store = await opened();
    const copied = await store.putBytes(Buffer.from('abc'));
    const out = join(await temporaryDirectory(), 'out');
    expect(await store.extract(copied, out, 5000)).toBe(true);
    expect([await readFile(out, 'utf8'), (await stat(out)).mtimeMs]).toEqual(['abc', 5000]);
    await writeFile(store.pathOf(copied.sha256), 'abd');
    expect(await store.extract(copied, `${out}2`, 5000)).toBe(false);
    expect(await store.isWhole(copied)).toBe(false);
    await writeFile(store.pathOf(copied.sha256), 'ab');
    expect([await store.extract(copied, `${out}3`, 0), await store.isWhole(copied)]).toEqual([false, false]);
    expect(await store.has(copied)).toBe(false);
  });

  it('keeps the newest backups and what they hold, and deletes what no backup holds', async () => {
    const store = await opened();
    const [shared, old, orphan] = await Promise.all(
      ['shared', 'old', 'orphan'].map(text => store.putBytes(Buffer.from(text))),
    );
    await store.commit({ head: head(names[0]!), files: [fileOf('a', shared!), fileOf('b', old!)] });
    await store.commit({ head: head(names[1]!), files: [fileOf('a', shared!)] });
    await store.commit({ head: head(names[2]!), files: [fileOf('a', shared!)] });
    expect(await store.prune(undefined)).toEqual({ backups: 0, objects: 1 });
    expect(await store.has(orphan!)).toBe(false);
    expect(await store.prune(2)).toEqual({ backups: 1, objects: 1 });
    expect(await store.names()).toEqual(names.slice(1));
    expect([await store.has(shared!), await store.has(old!)]).toEqual([true, false]);
    expect(await store.prune(5)).toEqual({ backups: 0, objects: 0 });
  });

  it('deletes nothing if a manifest that it keeps is damaged', async () => {
    const store = await opened();
    const held = await store.putBytes(Buffer.from('held'));
    await store.commit({ head: head(names[0]!), files: [] });
    await store.commit({ head: head(names[1]!), files: [fileOf('a', held)] });
    await writeFile(join(store.root, 'backups', `${names[1]}.ndjson`), 'x');
    await expect(store.prune(1)).rejects.toThrow('is damaged');
    expect([(await store.names()).length, await store.has(held)]).toEqual([2, true]);
  });

  it('is of one installation, and its unfinished files go at the next opening', async () => {
    const store = await opened();
    await writeFile(join(store.root, 'tmp', 'rest'), 'x');
    store.release();
    await expect(BackupStore.openForWriting(store.root, 'i-2')).rejects.toThrow(
      'backups of another installation',
    );
    const again = await opened(store.root);
    expect(await readdir(join(again.root, 'tmp'))).toEqual([]);
    expect((await BackupStore.open(store.root)).installation).toBe('i-1');
    await expect(again.manifest('2026-11-01T00-00-00-000Z')).rejects.toThrow('There is no backup');
  });

  it('is a new folder, or an empty one', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'lost+found'));
    await opened(root);
    const full = await temporaryDirectory();
    await mkdir(join(full, 'objects'));
    await expect(BackupStore.openForWriting(full, 'i-1')).rejects.toThrow('is not empty');
    expect(await readdir(full)).toEqual(['objects']);
    await expect(BackupStore.open(full)).rejects.toThrow('not a folder of backups');
    await writeFile(join(full, 'annals-backups.json'), 'x');
    await expect(BackupStore.open(full)).rejects.toThrow('is damaged');
  });
});
