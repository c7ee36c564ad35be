import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { openSpool } from '#client/spool.ts';
import { anEvent, openClient, startService } from '#test/support/audit-log-service.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const limits = { maxEvents: 3, maxBytes: 100 };
const lineOf = (n: number): string => JSON.stringify({ id: `${n}`, action: 'a.b' });
const idsOf = (lines: readonly string[]): number[] =>
  lines.map(line => Number((JSON.parse(line) as { id: string }).id));
const namesIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true })).filter(name => name.endsWith('.ndjson')).sort();

const linesIn = async (directory: string): Promise<string[]> => {
  const texts = (await namesIn(directory)).map(name => readFile(join(directory, name), 'utf8'));
  return (await Promise.all(texts)).flatMap(text => text.split('\n').filter(Boolean));
};
const run = promisify(execFile);
/** At once: no client gets to do anything meanwhile. */
const replaceByFile = (directory: string): void => {
  // The client may be writing into it at that moment, on another thread.
  rmSync(directory, { recursive: true, maxRetries: 10 });
  writeFileSync(directory, '');
};

const openIn = async (directory?: string, maxBytes = 10_000) => {
  const root = directory ?? (await temporaryDirectory());
  const unreadable: string[] = [];
  const clock = { ms: Date.now() };
  const troubles: string[] = [];
  const hooks = {
    onUnreadable: (file: string) => void unreadable.push(file),
    onTrouble: (message: string) => void troubles.push(message),
  };
  const spool = openSpool(limits, { directory: root, maxBytes }, hooks, () => clock.ms);
  return { root, spool, unreadable, troubles, clock };
};
/** Leaves what a process leaves that was killed: its folder, under the name of a process that is gone. */
const abandon = async (root: string, lines: readonly string[], owner: object = {}) => {
  const folder = join(root, `left-${Math.random()}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '000000000000.ndjson'), lines.map(line => `${line}\n`).join(''));
  const { hostname } = await import('node:os');
  const gone = { host: hostname(), pid: 2 ** 22 + 1, began: 'then', token: 't', ...owner };
  await writeFile(join(folder, 'owner.json'), JSON.stringify(gone));
  return folder;
};

describe('the spool', () => {
  it('refuses beyond its bound, counting what it holds', async () => {
    const { spool } = await openIn(undefined, 60);
    expect([0, 1, 2].map(n => spool.add(lineOf(n)))).toEqual([true, true, false]);
    spool.take();
    spool.acknowledge([]);
    expect(spool.add(lineOf(3))).toBe(true);
    spool.close();
  });

  it('leaves nothing behind once all is settled', async () => {
    const { root, spool } = await openIn();
    spool.add(lineOf(0));
    spool.take();
    spool.acknowledge([]);
    spool.close();
    expect(await readdir(root)).toEqual([]);
  });

  it('is readable by its owner alone', async () => {
    const { root, spool } = await openIn();
    spool.add(lineOf(0));
    const { statSync } = await import('node:fs');
    for (const name of await readdir(root, { recursive: true }))
      expect(statSync(join(root, name)).mode & 0o077, name).toBe(0);
    spool.close();
  });

  it('takes over what a process that is gone has left, and then is the only one to have it', async () => {
    const { root, spool } = await openIn();
    const folder = await abandon(root, [lineOf(7), lineOf(8)]);
    expect(spool.lookAfter()).toBe(1);
    expect(await readdir(root)).not.toContain(folder);
    expect(idsOf(spool.take()!.lines)).toEqual([7, 8]);
    const other = await openIn(root);
    expect(other.spool.lookAfter()).toBe(0);
    spool.acknowledge([]);
    expect(await namesIn(root)).toEqual([]);
  });

  it('takes over what the client before it in the same process has left', async () => {
    const { root, spool } = await openIn();
    spool.add(lineOf(1));
    const next = await openIn(root);
    expect(next.spool.lookAfter()).toBe(0);
    spool.close();
    expect(next.spool.lookAfter()).toBe(1);
    expect(idsOf(next.spool.take()!.lines)).toEqual([1]);
  });

  it('distinguishes a process from an earlier one with the same id', async () => {
    const { root, spool } = await openIn();
    await abandon(root, [lineOf(1)], { pid: process.ppid, began: 'another boot 1' });
    await abandon(root, [lineOf(2)], { pid: process.pid, token: 'of a process before this one' });
    expect(spool.lookAfter()).toBe(2);
  });

  it('leaves alone what another thread of the process has', async () => {
    const { root, spool } = await openIn();
    spool.add(lineOf(1));
    const spoolModule = pathToFileURL(join(import.meta.dirname, '../../client/spool.ts')).href;
    // A thread has modules of its own, and knows nothing of what those of another hold.
    const script = `
      const { register } = await import('tsx/esm/api');
      register();
      const { openSpool } = await import(${JSON.stringify(spoolModule)});
      const { parentPort } = await import('node:worker_threads');
      const options = { directory: ${JSON.stringify(root)}, maxBytes: 1000 };
      const spool = openSpool({ maxEvents: 3, maxBytes: 100 }, options, () => undefined);
      parentPort.postMessage(spool.lookAfter());
      spool.close();
    `;
    const runnable = script.replace("'tsx/esm/api'", JSON.stringify(import.meta.resolve('tsx/esm/api')));
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(runnable)}`));
    const [taken] = (await once(worker, 'message')) as [number];
    await once(worker, 'exit');
    expect(taken).toBe(0);
    expect(idsOf(spool.take()!.lines)).toEqual([1]);
  });

  it('leaves the folder of a living process alone', async () => {
    const { root, spool } = await openIn();
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    await abandon(root, [lineOf(1)], { pid: child.pid, began: undefined });
    expect(spool.lookAfter()).toBe(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(spool.lookAfter()).toBe(1);
  });

  it('waits minutes for a sign of life from another host', async () => {
    const { root, spool } = await openIn();
    const folder = await abandon(root, [lineOf(1)], { host: 'another-host' });
    expect(spool.lookAfter()).toBe(0);
    const past = new Date(Date.now() - 3 * 60_000);
    await utimes(join(folder, 'owner.json'), past, past);
    expect(spool.lookAfter()).toBe(1);
  });

  it('gives two who look at once each file once', async () => {
    const { root, spool } = await openIn();
    for (let n = 0; n < 20; n++) await abandon(root, [lineOf(n)]);
    const others = await Promise.all([openIn(root), openIn(root)]);
    const taken = [spool, ...others.map(other => other.spool)].map(one => one.lookAfter());
    expect(taken.reduce((sum, count) => sum + count, 0)).toBe(20);
  });

  it('keeps a file aside that was cut off, reports it, and sends its complete lines', async () => {
    const { root, spool, unreadable } = await openIn();
    const folder = await abandon(root, [lineOf(1)]);
    await appendFile(join(folder, '000000000000.ndjson'), '{"id":"2","act');
    spool.lookAfter();
    expect(idsOf(spool.take()!.lines)).toEqual([1]);
    spool.acknowledge([]);
    expect(unreadable).toHaveLength(1);
    expect(await readFile(unreadable[0]!, 'utf8')).toContain('{"id":"2","act');
  });

  it('writes elsewhere if its file was taken over, since the process was stopped for long', async () => {
    const { root, spool } = await openIn();
    spool.add(lineOf(1));
    const [folder] = await readdir(root);
    const owner = join(root, folder!, 'owner.json');
    await writeFile(
      owner,
      JSON.stringify({ ...JSON.parse(await readFile(owner, 'utf8')), host: 'another-host' }),
    );
    const past = new Date(Date.now() - 3 * 60_000);
    await utimes(owner, past, past);
    const other = await openIn(root);
    expect(other.spool.lookAfter()).toBe(1);
    // Written to a file that is another's now, before that is gone: it is seen there.
    expect(idsOf(other.spool.take()!.lines)).toEqual([1]);
    spool.add(lineOf(2));
    other.spool.acknowledge([]);
    expect(idsOf(other.spool.take()!.lines)).toEqual([1, 2]);
    other.spool.acknowledge([]);
    // And after that: it is written elsewhere, with what may be lost; what the other has sent is a duplicate.
    spool.add(lineOf(3));
    expect(idsOf(spool.take()!.lines)).toEqual([1, 2, 3]);
    spool.acknowledge([]);
    spool.close();
    other.spool.close();
  });
});

describe('a client with a spool', () => {
  it('sends what another left that was killed, each event as it was recorded', async () => {
    const directory = await temporaryDirectory();
    const { url, kept } = await startService();
    const script = `
      import { AuditLog, bearer } from 'annals/client';
      const spool = { directory: ${JSON.stringify(directory)} };
      const log = new AuditLog({ url: 'http://127.0.0.1:1', authorize: bearer('x'), onRefused() {}, spool });
      const ids = [];
      const actor = { id: 'u', type: 'user' };
      const event = { action: 'context.create', actor, target: { id: 'c', type: 'context' }, success: true };
      for (let n = 0; n < 1200; n++) ids.push(log.record({ ...event }).id);
      process.stdout.write(JSON.stringify(ids));
      process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '..', '..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', chunk => {
      text += String(chunk);
    });
    const [, signal] = (await once(child, 'exit')) as [number | null, string];
    expect(signal).toBe('SIGKILL');
    const ids = JSON.parse(text) as string[];
    expect(await namesIn(directory)).toHaveLength(3);
    const { log } = openClient(url, { spool: { directory } });
    await log.flush();
    expect([...kept.keys()].sort()).toEqual(ids.sort());
    await log.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('keeps events on disk while the service is unavailable, and leaves them there if it is closed', async () => {
    const directory = await temporaryDirectory();
    let isAway = true;
    const { url, kept } = await startService(() => (isAway ? { status: 503 } : undefined));
    const first = openClient(url, { spool: { directory } });
    const ids = Array.from({ length: 5 }, (_, n) => first.log.record(anEvent(n)).id);
    expect(await first.log.close({ timeoutMs: 30 })).toEqual({ left: 5 });
    expect(first.refused).toEqual([]);
    isAway = false;
    const second = openClient(url, { spool: { directory } });
    await second.log.flush();
    expect([...kept.keys()].sort()).toEqual(ids.sort());
  });

  it('reports an event that the disk does not take, and throws nothing', async () => {
    const directory = join(await temporaryDirectory(), 'spool');
    const { url } = await startService();
    const { log, refused, errors } = openClient(url, { spool: { directory } });
    replaceByFile(directory);
    expect(log.record(anEvent()).isTaken).toBe(false);
    expect(refused).toMatchObject([{ code: 'spool_failed', message: expect.stringContaining('ENOTDIR') }]);
    expect(JSON.parse(refused[0]!.line!)).toMatchObject(anEvent());
    expect(await log.close()).toEqual({ left: 0 });
    expect(errors).not.toEqual([]);
  });

  it('continues in another file if the disk took only a part of a line', async () => {
    const directory = await temporaryDirectory();
    const { url, kept } = await startService();
    // No file may be larger than 8 KiB: the write that would cross that is cut short, and the next one fails.
    const script = `
      import { AuditLog, bearer } from 'annals/client';
      const refused = [];
      const spool = { directory: ${JSON.stringify(directory)} };
      const onRefused = ({ id, code }) => refused.push([id, code]);
      const log = new AuditLog({ url: 'http://127.0.0.1:1', authorize: bearer('x'), onRefused, spool });
      const taken = [];
      for (let n = 0; n < 60; n++) {
        const actor = { id: 'u', type: 'user' };
        const target = { id: 'c', type: 'context' };
        const payload = { name: 'x'.repeat(500) };
        const { id, isTaken } = log.record({ action: 'context.create', actor, target, success: true, payload });
        if (isTaken) taken.push(id);
      }
      process.stdout.write(JSON.stringify({ taken, refused }), () => process.kill(process.pid, 'SIGKILL'));
    `;
    const command = `ulimit -f 8; exec ${process.execPath} --import tsx --input-type=module -e "$SCRIPT"`;
    const child = spawn('bash', ['-c', command], {
      cwd: join(import.meta.dirname, '..', '..'),
      env: { ...process.env, SCRIPT: script, TSX_DISABLE_CACHE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', chunk => {
      text += String(chunk);
    });
    await once(child, 'exit');
    const { taken, refused } = JSON.parse(text) as { taken: string[]; refused: [string, string][] };
    expect(refused.length).toBeGreaterThan(1);
    expect(new Set(refused.map(([, code]) => code))).toEqual(new Set(['spool_failed']));
    expect(taken.length + refused.length).toBe(60);
    expect(taken.length).toBeGreaterThan(40);
    const { log, refused: unreadable } = openClient(url, { spool: { directory } });
    await log.flush();
    expect([...kept.keys()].sort()).toEqual(taken.sort());
    expect(unreadable).toEqual([]);
  });

  it.each<[string, (folder: string) => Promise<unknown>]>([
    ['its folder', async folder => rmSync(folder, { recursive: true })],
    ['its folder and those above', async folder => rmSync(join(folder, '..'), { recursive: true })],
    ['its files', async folder => rm(join(folder, '000000000000.ndjson'))],
    ['its folder to another place', folder => rename(folder, `${folder}.moved`)],
  ])('sends what it took before and after somebody has removed %s under it', async (_, remove) => {
    const directory = join(await temporaryDirectory(), 'spool');
    const { url, kept } = await startService();
    const { log, refused, errors } = openClient(url, { spool: { directory }, flushMs: 60_000 });
    const before = log.record(anEvent(1));
    const [folder] = await readdir(directory);
    await remove(join(directory, folder!));
    const after = log.record(anEvent(2));
    expect([before.isTaken, after.isTaken]).toEqual([true, true]);
    // They are on disk now, so that not even the end of the process loses them.
    if (!(await readdir(directory)).some(name => name.endsWith('.moved')))
      expect(await linesIn(directory)).toHaveLength(2);
    await log.flush();
    expect([...kept.keys()].sort()).toEqual([before.id, after.id].sort());
    expect(refused).toEqual([]);
    expect(errors.join()).toMatch(/removed/);
    expect(await log.close()).toEqual({ left: 0 });
  });

  it('keeps in memory what it took, if its folder is removed and cannot be made again, and says so', async () => {
    const directory = join(await temporaryDirectory(), 'spool');
    const { url, kept } = await startService();
    const { log, refused, errors } = openClient(url, { spool: { directory }, flushMs: 60_000 });
    const before = log.record(anEvent(1));
    replaceByFile(directory);
    const after = log.record(anEvent(2));
    expect(refused.map(({ id, code }) => [id, code])).toEqual([[after.id, 'spool_failed']]);
    await log.flush();
    expect([...kept.keys()]).toEqual([before.id]);
    expect(errors.join()).toMatch(/wait in memory/);
  });

  it('reports each event that only memory holds, once it is closed', async () => {
    const directory = join(await temporaryDirectory(), 'spool');
    const { url } = await startService(() => 'cut');
    const { log, refused } = openClient(url, { spool: { directory } });
    const { id } = log.record(anEvent(1));
    replaceByFile(directory);
    expect(await log.close({ timeoutMs: 50 })).toEqual({ left: 1 });
    expect(refused).toMatchObject([{ id, code: 'closed' }]);
  });

  it.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    ['is gone', path => rm(path), /was removed; 2 events cannot be sent/],
    [
      'is a folder',
      path => rm(path).then(() => mkdir(path)),
      /cannot be read \(TypeError\), and is kept as .*unreadable/,
    ],
    ['is a pipe', path => rm(path).then(() => run('mkfifo', [path])), /cannot be read \(TypeError\)/],
    ['is larger than any batch', path => truncate(path, 2 ** 33), /cannot be read \(RangeError\)/],
    ['is a link to nothing', path => rm(path).then(() => symlink('/nowhere', path)), /was removed; 2 events/],
    ['is no text', path => writeFile(path, Buffer.alloc(100_000, 255)), /was cut off/],
  ])('continues with the others, and says so, if a file of its spool %s', async (_, spoil, said) => {
    const directory = await temporaryDirectory();
    let isAway = true;
    const { url, kept } = await startService(() => (isAway ? 'cut' : undefined));
    const { log, refused } = openClient(url, { spool: { directory }, maxBatchEvents: 2, maxPauseMs: 400 });
    const ids = Array.from({ length: 6 }, (_, n) => log.record(anEvent(n)).id);
    const [folder] = await readdir(directory);
    await spoil(join(directory, folder!, '000000000001.ndjson'));
    isAway = false;
    await log.flush();
    expect([...kept.keys()].sort()).toEqual(ids.filter((_, n) => n !== 2 && n !== 3).sort());
    expect(refused).toMatchObject([{ code: 'unreadable', message: expect.stringMatching(said) }]);
    expect(await log.close()).toEqual({ left: 0 });
  });

  it.each<[string, (folder: string) => Promise<unknown>]>([
    ['a file that is a folder', folder => mkdir(join(folder, '000000000007.ndjson'))],
    ['an owner that is null', folder => writeFile(join(folder, 'owner.json'), 'null')],
    [
      'an owner that is a folder',
      folder => rm(join(folder, 'owner.json')).then(() => mkdir(join(folder, 'owner.json'))),
    ],
    ['a file of somebody else', folder => writeFile(join(folder, 'notes.txt'), 'x')],
  ])('takes over what others have left beside what cannot be: %s', async (_, spoil) => {
    const directory = await temporaryDirectory();
    const spoilt = await abandon(directory, [JSON.stringify({ id: 'a', action: 'a.b' })]);
    await spoil(spoilt);
    for (let n = 0; n < 3; n++) await abandon(directory, [JSON.stringify({ id: `${n}`, action: 'a.b' })]);
    const { url, kept } = await startService();
    const { log } = openClient(url, { spool: { directory } });
    await log.flush();
    expect([...kept.keys()]).toEqual(expect.arrayContaining(['0', '1', '2']));
    expect(await log.close()).toEqual({ left: 0 });
  });

  it('closes without an error, and counts what is left, if files of its spool are gone', async () => {
    const directory = await temporaryDirectory();
    const { url } = await startService(() => 'cut');
    const { log } = openClient(url, { spool: { directory }, maxBatchEvents: 2 });
    for (let n = 0; n < 6; n++) log.record(anEvent(n));
    rmSync(directory, { recursive: true });
    expect(await log.close({ timeoutMs: 50 })).toEqual({ left: expect.any(Number) });
  });

  it('keeps rejected events within a limit, and reports those beyond it as not kept', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'refused.ndjson'), '{"id":"cut sh');
    const { url } = await startService(lines =>
      lines.every(({ success }) => success) ? undefined : { status: 403 },
    );
    const { log, refused, errors } = openClient(url, { spool: { directory } });
    await log.store(anEvent(1));
    const { id } = log.record({ ...anEvent(2), success: false });
    await log.flush();
    const file = join(directory, 'refused.ndjson');
    expect(await readFile(file, 'utf8')).toBe(`{"id":"cut sh\n${refused[0]!.line}\n`);
    await truncate(file, 16 * 1024 * 1024);
    log.record({ ...anEvent(3), success: false });
    await log.flush();
    expect(refused).toMatchObject([{ id }, { message: expect.stringContaining('it is not kept') }]);
    expect(errors).toMatchObject([expect.stringContaining('is full')]);
    expect((await stat(file)).size).toBe(16 * 1024 * 1024);
  });

  it('cannot be opened if its directory cannot be used', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    expect(() => openClient('http://127.0.0.1:1', { spool: { directory: join(file, 'spool') } })).toThrow(
      'ENOTDIR',
    );
  });
});
