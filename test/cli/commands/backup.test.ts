import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const folders = async () => {
  const root = await temporaryDirectory();
  return { backups: join(root, 'backups'), restored: join(root, 'restored') };
};

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const events = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) =>
    eventText({ id: idOf(from + i), occurred_at: new Date(Date.now() - 1000).toISOString() }),
  ).join('\n');

describe('annals backup', () => {
  it('of a running server holds what is filed and what is not, and annals restore makes a server of it', async () => {
    const { backups, restored } = await folders();
    const first = await startServer();
    expect((await first.post(events(0, 5), 'application/x-ndjson')).status).toBe(202);
    expect((await first.exportLog()).rows).toHaveLength(5);
    await first.stop();
    const second = await startServer({ data: first.data, ...filesNothing });
    expect((await second.post(events(5, 8), 'application/x-ndjson')).status).toBe(202);
    const made = await annals(['backup', backups, '--data', first.data]);
    expect(made).toMatchObject({ code: 0, err: expect.any(String) });
    expect(made.out).toMatch(/^Backup \S+: \d+ files, .* acknowledged before .* UTC\n$/);
    expect((await second.post(events(8, 9), 'application/x-ndjson')).status).toBe(202);
    await second.stop();
    expect(await annals(['backup', backups, '--verify'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('whole'),
    });
    const told = await annals(['restore', backups, restored]);
    expect(told.code, told.err).toBe(0);
    const server = await startServer({ data: restored });
    const { rows, whole } = await server.exportLog();
    expect(rows.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(idOf));
    expect([whole.duplicates, whole.gaps]).toEqual([0, 1]);
    await server.stop();
    expect(await annals(['check', '--data', restored])).toMatchObject({ code: 0 });
  });

  it('copies only what has changed, keeps the newest backups, and restores an older one by its name', async () => {
    const { backups, restored } = await folders();
    const server = await startServer({ folding: { everyMs: 200, manyObjects: 2 } });
    const names: string[] = [];
    const counts: number[] = [];
    for (const round of [0, 1, 2]) {
      await server.post(events(round, round + 1), 'application/x-ndjson');
      expect((await server.exportLog()).rows).toHaveLength(round + 1);
      const made = await annals(['backup', backups, '--data', server.data, '--json', '--keep', '2']);
      expect(made.code, made.err).toBe(0);
      names.push((JSON.parse(made.out) as { name: string }).name);
      counts.push((await readdir(join(backups, 'objects'), { recursive: true })).length);
    }
    const listed = JSON.parse((await annals(['backup', backups, '--list', '--json'])).out) as {
      backups: { name: string }[];
    };
    expect(listed.backups.map(({ name }) => name)).toEqual(names.slice(1));
    await server.stop();
    const again = await annals(['backup', backups, '--data', server.data, '--json', '--keep', '1']);
    expect(JSON.parse(again.out)).toMatchObject({ deleted_backups: 2, lost: [] });
    expect(await annals(['restore', backups, restored, '--backup', names[1]!])).toMatchObject({ code: 2 });
    expect(await annals(['restore', backups, restored])).toMatchObject({ code: 0 });
    const open = await startServer({ data: restored });
    expect((await open.exportLog()).rows).toHaveLength(3);
  });

  it('says that the ledger lacks what it had, keeps every backup, and an earlier one has it', async () => {
    const { backups, restored } = await folders();
    const server = await startServer();
    await server.post(events(0, 3), 'application/x-ndjson');
    await server.exportLog();
    expect(await annals(['backup', backups, '--data', server.data])).toMatchObject({ code: 0 });
    await server.stop();
    const ledger = join(server.data, 'buckets', 'ledger', 'events');
    const [object] = (await readdir(ledger, { recursive: true })).filter(name => name.endsWith('.gz'));
    await rm(join(ledger, object!));
    const told = await annals(['backup', backups, '--data', server.data, '--keep', '1']);
    expect(told.code).toBe(1);
    expect(told.err).toContain(`buckets/ledger/events/${object}`);
    const [name] = (await readdir(join(backups, 'backups'))).sort();
    const backup = name!.replace('.ndjson', '');
    expect(told.err).toContain(`The backup ${backup} has what it lacks`);
    for (const _ of ['the next night', 'and the one after'])
      expect(await annals(['backup', backups, '--data', server.data, '--keep', '1'])).toMatchObject({
        code: 0,
      });
    expect((await readdir(join(backups, 'backups'))).sort(), 'nothing else has it').toEqual([
      name,
      expect.any(String),
    ]);
    expect(await annals(['restore', backups, restored, '--backup', backup])).toMatchObject({ code: 0 });
    expect((await (await startServer({ data: restored })).exportLog()).rows).toHaveLength(3);
  });

  it('refuses what is not a data directory, a folder of backups, or apart from each other', async () => {
    const { backups } = await folders();
    const server = await startServer(filesNothing);
    const other = await startServer(filesNothing);
    const full = await temporaryDirectory();
    await writeFile(join(full, 'mine'), 'x');
    const refused = async (...args: string[]) => {
      const { code, err } = await annals(args);
      expect(code, err).toBe(2);
      return err;
    };
    expect(await refused('backup', backups, '--data', full)).toContain('is not a data directory');
    expect(await refused('backup', full, '--data', server.data)).toContain('is not empty');
    expect(await readdir(full)).toEqual(['mine']);
    expect(await refused('backup', join(server.data, 'b'), '--data', server.data)).toContain('lie apart');
    await symlink(server.data, join(full, 'link'));
    const linked = join(full, 'link', 'b');
    expect(await refused('backup', linked, '--data', server.data)).toContain('lie apart');
    expect(await refused('backup', backups, '--data', server.data, '--keep', '0')).toContain('--keep');
    expect(await refused('backup', backups, '--verify', '--list')).toContain('either');
    expect(await refused('backup', backups, '--verify', '--data', server.data)).toContain('--data');
    expect(await refused('backup', full, '--verify')).toContain('not a folder of backups');
    expect(await refused('--stack', 'X', 'backup', backups)).toContain('--stack');
    expect(await annals(['backup', backups, '--data', server.data])).toMatchObject({ code: 0 });
    expect(await refused('backup', backups, '--data', other.data)).toContain('another installation');
  });

  it('lists the other backups if a manifest is damaged, and says that a new one was made', async () => {
    const { backups } = await folders();
    const server = await startServer(filesNothing);
    for (const _ of [1, 2])
      expect(await annals(['backup', backups, '--data', server.data])).toMatchObject({ code: 0 });
    const [first, second] = (await readdir(join(backups, 'backups'))).sort();
    await writeFile(join(backups, 'backups', second!), 'x');
    const listed = await annals(['backup', backups, '--list']);
    expect([listed.code, listed.err]).toEqual([1, expect.stringContaining(`${second} is damaged`)]);
    expect(listed.out).toContain(first!.replace('.ndjson', ''));
    const made = await annals(['backup', backups, '--data', server.data, '--keep', '2']);
    expect([made.code, made.err]).toEqual([1, expect.stringContaining('was made, but no earlier one')]);
    expect(await annals(['restore', backups, join(backups, '..', 'r')])).toMatchObject({ code: 0 });
  });

  it('names what is damaged in a backup, and nothing is restored from it', async () => {
    const { backups, restored } = await folders();
    const server = await startServer(filesNothing);
    expect(await annals(['backup', backups, '--data', server.data])).toMatchObject({ code: 0 });
    const manifest = join(backups, 'backups', (await readdir(join(backups, 'backups')))[0]!);
    const line = (await readFile(manifest, 'utf8')).split('\n').find(text => text.includes('"keys.json"'))!;
    const { sha256 } = JSON.parse(line) as { sha256: string };
    const object = join(backups, 'objects', sha256.slice(0, 2), sha256);
    const bytes = await readFile(object);
    await writeFile(object, Buffer.from([...bytes.subarray(1), 0]));
    const verified = await annals(['backup', backups, '--verify', '--json']);
    expect([verified.code, JSON.parse(verified.out)]).toMatchObject([
      1,
      { is_whole: false, backups: [{ damaged: ['keys.json'] }] },
    ]);
    const told = await annals(['restore', backups, restored]);
    expect([told.code, told.err]).toEqual([1, expect.stringContaining('keys.json')]);
    // The next restore, of a whole backup, removes what this one has left.
    await writeFile(object, bytes);
    expect(await annals(['restore', backups, restored])).toMatchObject({ code: 0 });
    expect((await readdir(restored)).sort()).toContain('keys.json');
    await writeFile(manifest, 'x');
    expect(await annals(['backup', backups, '--verify'])).toMatchObject({ code: 1 });
  });
});
