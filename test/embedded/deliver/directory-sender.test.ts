import { createHash } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { partKey } from '#domain/deliver/layout.ts';
import type { Part } from '#domain/deliver/sender.ts';
import { DirectoryBudget } from '#embedded/deliver/directory-budget.ts';
import { DirectorySender, type DirectorySettings } from '#embedded/deliver/directory-sender.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const end = '2026-11-26T10:00:00.000000000Z';
const partOf = (text: string, kind: Part['kind'] = 'rows'): Part => ({
  run: 1,
  part: 1,
  kind,
  end,
  text: Buffer.from(text),
  sha256: createHash('sha256').update(text).digest('hex'),
  events: [],
  id: 'i',
  key: partKey(kind === 'rows' ? { kind, run: 1, part: 1, end } : { kind, run: 1, end }),
});
const opened = async (change: Partial<DirectorySettings> = {}, budgetBytes = 1e9) => {
  const parent = await temporaryDirectory();
  const root = join(parent, 'deliveries');
  const settings = {
    root,
    path: 'acme',
    place: 'annals/i/',
    budget: new DirectoryBudget(root, budgetBytes),
    hasReserve: async () => true,
    ...change,
  };
  return {
    parent,
    root,
    sender: new DirectorySender(settings),
    file: join(root, 'acme/annals/i', partOf('').key),
  };
};

describe('a directory', () => {
  it('has a part once, whole, and nothing beside it', async () => {
    const { sender, file, root } = await opened();
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'done' });
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'done' });
    expect(gunzipSync(await readFile(file)).toString()).toBe('a\n');
    const names = await readdir(root, { recursive: true, withFileTypes: true });
    expect(names.filter(entry => entry.isFile())).toHaveLength(1);
  });

  it('never writes into a finished file, though a killed try has left a second name of it', async () => {
    const { sender, file } = await opened();
    await mkdir(join(file, '..'), { recursive: true });
    // The same text as another gzip would write it.
    const finished = gzipSync('a\n', { level: 0 });
    await writeFile(file, finished);
    await link(file, join(file, '../.1-1.tmp'));
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'done' });
    expect((await readFile(file)).equals(finished)).toBe(true);
    expect(await readdir(join(file, '..'))).toHaveLength(1);
  });

  it('takes what is left of a try that was killed', async () => {
    const { sender, file } = await opened();
    await sender.test();
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(join(file, '../.1-1.tmp'), 'half of');
    // Linked, and killed before the other name was removed.
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'done' });
    expect(gunzipSync(await readFile(file)).toString()).toBe('a\n');
    expect(await readdir(join(file, '..'))).toHaveLength(1);
  });

  it('takes the same text in other bytes of gzip for done, and stops at another text', async () => {
    const { sender, file } = await opened();
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, gzipSync('a\n', { level: 1 }));
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'done' });
    expect(await sender.send(partOf('b\n'))).toEqual({ kind: 'failed', code: 'key_taken' });
    await writeFile(file, 'not gzip');
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'failed', code: 'key_taken' });
    expect((await readFile(file)).toString()).toBe('not gzip');
  });

  it('is never left by a link, and nothing is made where one leads', async () => {
    const { sender, root, parent } = await opened();
    await mkdir(join(parent, 'outside'));
    await mkdir(root);
    await symlink(join(parent, 'outside'), join(root, 'acme'));
    expect(await sender.test()).toEqual({ kind: 'failed', code: 'directory_not_allowed' });
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'failed', code: 'directory_not_allowed' });
    expect(await readdir(join(parent, 'outside'))).toEqual([]);
  });

  it('leaves what the disk keeps for events, and its own budget', async () => {
    const full = await opened({ hasReserve: async () => false });
    expect(await full.sender.test()).toEqual({ kind: 'failed', code: 'disk_full' });
    expect(await full.sender.send(partOf('a\n'))).toEqual({ kind: 'failed', code: 'disk_full' });
    const small = await opened({}, 10);
    expect(await small.sender.send(partOf('a\n'))).toEqual({ kind: 'failed', code: 'over_budget' });
  });

  it('counts what it has written against the budget, until somebody moves it away', async () => {
    const { sender, file } = await opened({}, 1.5 * gzipSync('a\n').length);
    expect(await sender.send(partOf('a\n'))).toEqual({ kind: 'done' });
    const second = { ...partOf('b\n'), key: 'second' };
    expect(await sender.send(second)).toEqual({ kind: 'failed', code: 'over_budget' });
    await rm(file);
    expect(await sender.send(second)).toEqual({ kind: 'done' });
  });

  it('says that it cannot be written', async () => {
    const { sender, root } = await opened();
    await writeFile(root, 'a file');
    expect(await sender.test()).toEqual({ kind: 'failed', code: 'directory_not_writable' });
  });
});
