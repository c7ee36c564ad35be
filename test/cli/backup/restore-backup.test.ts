import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { restoreBackup } from '#cli/backup/restore-backup.ts';
import { BackupStore } from '#cli/backup/store.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const installation = JSON.stringify({ id: 'i', buckets: 2, format: 2, ledger: 'ledger', filed_from: null });
const name = '2026-11-26T12-00-00-000Z';

const open = async () => {
  const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
  onTestFinished(() => store.release());
  const texts = { 'keys.json': '{}', 'buckets/state/installation.json': installation, 'stream/a': 'a' };
  const files = [];
  for (const [path, text] of Object.entries(texts))
    files.push({ path, ...(await store.putBytes(Buffer.from(text))), mtime_ms: 1000 });
  const head = {
    ...{ format: 1 as const, name, installation: 'i', version: '0', complete_to: null },
    ...{ state_as_of: '2026-11-26T12:00:00.000Z', acknowledged_to: '2026-11-26T12:00:01.000Z' },
  };
  await store.commit({ head, files });
  const target = join(await temporaryDirectory(), 'data');
  const seen: number[] = [];
  const restore = async () =>
    restoreBackup({
      store,
      manifest: await store.manifest(name),
      target,
      nowMs: () => Date.parse('2026-11-26T13:00:00Z'),
      onFile: files => seen.push(files),
    });
  return { store, target, restore, seen };
};
const restored = ['buckets', 'keys.json', 'stream'];

describe('restoring a backup', () => {
  it('writes every file, and a gap that says what is missing', async () => {
    const { target, restore, seen } = await open();
    await restore();
    expect((await readdir(target)).sort()).toEqual(restored);
    expect(await readFile(join(target, 'stream/a'), 'utf8')).toBe('a');
    expect(seen).toEqual([1, 2, 3]);
    const aside = join(target, 'buckets/aside');
    const [gap] = (await readdir(aside, { recursive: true })).filter(path => path.endsWith(name));
    const { description, payload } = JSON.parse(await readFile(join(aside, gap!), 'utf8')) as Record<
      string,
      string
    >;
    expect(description).toContain(
      'after 2026-11-26T12:00:01.000Z and before 2026-11-26T13:00:00.000Z is missing',
    );
    expect((JSON.parse(payload!) as { Records: object[] }).Records).toHaveLength(2);
  });

  it('begins anew after it was interrupted, at whatever step', async () => {
    const { target, restore } = await open();
    await restore();
    const work = join(target, 'restoring');
    await mkdir(work);
    await writeFile(join(work, '.backup'), name);
    // Everything was moved, and only the end is missing.
    await writeFile(join(target, 'mine'), 'x');
    await restore();
    expect((await readdir(target)).sort()).toEqual([...restored, 'mine'].sort());
    // Some of it was moved.
    await mkdir(work);
    await writeFile(join(work, '.backup'), 'another');
    await rename(join(target, 'buckets'), join(work, 'buckets'));
    await expect(restore(), 'somebody else has put a file there').rejects.toThrow('is not empty');
    await rm(join(target, 'mine'));
    await restore();
    expect((await readdir(target)).sort()).toEqual(restored);
  });

  it('touches nothing in a folder that something else has filled', async () => {
    const { target, restore } = await open();
    await mkdir(join(target, 'restoring'), { recursive: true });
    await expect(restore()).rejects.toThrow('is not empty');
    await writeFile(join(target, 'restoring', '.backup'), 'another');
    await mkdir(join(target, 'buckets'));
    await expect(restore()).rejects.toThrow('is not empty');
    expect((await readdir(target)).sort()).toEqual(['buckets', 'restoring']);
  });
});

it('a backup of an earlier version, with what an interrupted restore had left, is restored without that', async () => {
  const { store, target } = await open();
  const { head, files } = await store.manifest(name);
  const left = { path: 'restoring/.backup', ...(await store.putBytes(Buffer.from(name))), mtime_ms: 1000 };
  const manifest = { head, files: [...files, left] };
  await restoreBackup({ store, manifest, target, nowMs: Date.now, onFile: () => undefined });
  expect((await readdir(target)).sort()).toEqual(restored);
});
