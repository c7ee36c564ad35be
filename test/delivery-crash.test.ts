/** Promise 9, for deliveries, under `kill -9`: each event is in one file of a directory, whatever was killed when. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Got, startPrivateReceiver } from '#test/support/https-receiver.ts';
import { readIfThere } from '#test/support/installation-process.ts';
import { callers } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A few times in the suite, more by `ANNALS_KILLS=30 npx vitest run test/delivery-crash.test.ts`. */
const kills = Number(process.env.ANNALS_KILLS ?? 3);
const senders = 3;
const script = join(import.meta.dirname, 'support/delivering-process.ts');
const steps = ['freeze', 'put the rows', 'post the rows', 'keep the manifest'].concat(
  ...['put the manifest', 'post the manifest', 'move the progress'],
);
/** Between any two steps, each of them; which comes first is up to chance. */
const points = steps.flatMap(step => ['before', 'after'].map(when => [when, step]));
const firstPoint = Math.floor(Math.random() * points.length);

type Launched = ReturnType<typeof callers> & { child: ChildProcess; errors(): string };

const launch = async (data: string, settings: { port: number; root: string; step?: string[] }) => {
  const { port, root, step = [] } = settings;
  const child = spawn(process.execPath, ['--import', 'tsx', script, data, String(port), ...step], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: root },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const url = await eventually(async () => {
    // It may kill itself before anybody could ask.
    if (child.signalCode !== null) return undefined;
    const server = readIfThere<{ url: string; pid: number }>(join(data, 'server.json'));
    expect(child.exitCode, errors).toBeNull();
    expect(server?.pid).toBe(child.pid);
    expect((await fetch(`${server!.url}/healthz`)).ok).toBe(true);
    return server!.url;
  });
  if (url === undefined) return undefined;
  const keys = readIfThere<Record<Role, string>>(join(data, 'keys.json'))!;
  return { ...callers(url, keys), child, errors: () => errors } satisfies Launched;
};

type Manifest = {
  run: number;
  read: number;
  rows: number;
  filtered: number;
  dropped: number;
  filed_from: string;
  filed_to: string;
  previous_sha256: string | null;
  parts: { key: string; rows: number; sha256: string }[];
};
type Line = { id: string; action: string };
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Line);

/** What the files of a delivery hold, once their manifests have proved it. */
const readDirectory = async (folder: string): Promise<Line[]> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  const lines: Line[] = [];
  const proven: string[] = [];
  let before = { run: 0, filed_to: '', sha256: null as string | null };
  for (const file of files.filter(name => name.endsWith('-manifest.json'))) {
    const text = await readFile(file);
    const manifest = JSON.parse(text.toString()) as Manifest;
    expect(manifest.run).toBe(before.run + 1);
    expect(manifest.previous_sha256).toBe(before.sha256);
    if (before.run > 0) expect(manifest.filed_from).toBe(before.filed_to);
    expect(manifest.rows + manifest.filtered + manifest.dropped).toBe(manifest.read);
    let rows = 0;
    for (const { key, sha256, rows: expected } of manifest.parts) {
      const path = join(file, '../..', key);
      const part = gunzipSync(await readFile(path));
      expect(createHash('sha256').update(part).digest('hex')).toBe(sha256);
      const found = linesOf(part.toString());
      expect(found).toHaveLength(expected);
      rows += found.length;
      lines.push(...found);
      proven.push(path);
    }
    expect(rows).toBe(manifest.rows);
    before = { ...manifest, sha256: createHash('sha256').update(text).digest('hex') };
    proven.push(file);
  }
  // Nothing lies beside what the manifests name.
  expect([...files].sort()).toEqual(proven.sort());
  return lines;
};

/** What a receiver holds that drops what it has seen: each batch has the same text at each try. */
const readReceived = (got: readonly Got[]): Line[] => {
  const texts = new Map<string, string>();
  for (const { headers, text } of got) {
    if (headers['annals-kind'] !== 'rows') continue;
    const id = String(headers['webhook-id']);
    expect(texts.get(id) ?? text).toBe(text);
    texts.set(id, text);
  }
  return [...texts.values()].flatMap(linesOf);
};

const idsOf = (lines: readonly Line[]): string[] => {
  expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  return lines.filter(({ action }) => !action.startsWith('audit_log.')).map(({ id }) => id);
};

describe('kill -9', () => {
  it(`${kills} times between the steps of deliveries and at random moments leaves each event in one file of ` +
    'each directory, and in one batch for a receiver', {
    timeout: 150_000 + kills * 90_000,
  }, async () => {
    const data = await temporaryDirectory();
    const receiver = await startPrivateReceiver();
    const acknowledged = new Set<string>();
    const unanswered: string[] = [];
    let n = 0;
    const next = (): string => {
      n += 1;
      return eventText({
        id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
        occurred_at: new Date(Date.now() - (n % 5 === 0 ? 50 * 3_600_000 : 1000)).toISOString(),
        action: n % 2 === 0 ? 'user.login' : 'context.create',
        scope: { id: 'acme', type: 't' },
      });
    };
    const send = async ({ post }: Launched): Promise<void> => {
      // What was not answered is sent again, as a client would: it may have been stored.
      const body = unanswered.pop() ?? Array.from({ length: 1 + (n % 5) }, next).join('\n');
      try {
        const { status, events } = await post(body, 'application/x-ndjson');
        expect(status).toBe(202);
        for (const { id } of events) acknowledged.add(id);
      } catch (error) {
        unanswered.push(body);
        throw error;
      }
    };
    const path = (id: string): string => `/v1/scopes/acme/deliveries/${id}`;
    const create = async ({ call, admin }: Launched, id: string, definition: object): Promise<void> => {
      await admin('acme', 'u-1');
      const body = JSON.stringify(definition);
      expect((await call('operator', path(id), { method: 'PUT', body })).status).toBe(201);
      const test = await call('operator', `${path(id)}/test`, { method: 'POST' });
      expect(await test.json()).toMatchObject({ ok: true });
    };
    const first = (await launch(data, receiver))!;
    const https = { type: 'https', url: receiver.url };
    await create(first, 'all', { destination: { type: 'directory', path: 'all' } });
    await create(first, 'logins', {
      destination: { type: 'directory', path: 'logins' },
      filter: { action: ['user.login'] },
    });
    await create(first, 'siem', { destination: https, requested_by: 'u-1' });
    first.child.stdin!.end();
    await once(first.child, 'exit');
    const said: string[] = [];
    for (let round = 0; round < kills; round++) {
      const isRandom = round % 2 === 1;
      const point = points[(firstPoint + round / 2) % points.length]!;
      const step = isRandom ? [] : [...point, String(1 + Math.floor(Math.random() * 2))];
      const launched = await launch(data, { ...receiver, step });
      said.push(isRandom ? 'at random' : step.join(' '));
      if (!launched) continue;
      let isDead = false;
      const exited = once(launched.child, 'exit').then(() => {
        isDead = true;
      });
      const untilDead = async (): Promise<void> => {
        while (!isDead) await send(launched).catch(() => new Promise(resolve => setTimeout(resolve, 5)));
      };
      const running = Array.from({ length: senders }, untilDead);
      if (isRandom) {
        await new Promise(resolve => setTimeout(resolve, 200 + Math.random() * 2000));
        launched.child.kill('SIGKILL');
      }
      await vi.waitFor(() => expect(isDead, said.join()).toBe(true), { timeout: 90_000, interval: 20 });
      await exited;
      await Promise.all(running);
      expect(launched.child.signalCode).toBe('SIGKILL');
      expect(launched.errors()).toBe('');
    }
    const launched = (await launch(data, receiver))!;
    while (unanswered.length > 0) await send(launched);
    const { rows, job } = await launched.exportLog({ scope_id: 'acme' }, 'operator');
    expect(job).toMatchObject({ status: 'succeeded', gaps: 0, conflicts: 0, reused_ids: 0 });
    const idsWith = (action?: string): string[] =>
      rows.filter(row => action === undefined || row.action === action).map(({ id }) => id);
    const ids = idsWith();
    expect([...acknowledged].filter(id => !ids.includes(id))).toEqual([]);
    const [place] = await readdir(join(data, 'deliveries/all/annals'));
    const readOf = async (id: string): Promise<Line[]> => {
      const scope = join(data, 'deliveries', id, 'annals', place!, 'scope=acme');
      const [folder, ...others] = await readdir(scope);
      expect(others).toEqual([]);
      return readDirectory(join(scope, folder!));
    };
    // Until everything is delivered, and no run is half done.
    await vi.waitFor(
      async () => {
        expect(idsOf(await readOf('all')).sort()).toEqual([...ids].sort());
        expect(idsOf(await readOf('logins')).sort()).toEqual(idsWith('user.login').sort());
        expect(idsOf(readReceived(receiver.got)).sort()).toEqual([...ids].sort());
      },
      { timeout: 60_000, interval: 500 },
    );
    launched.child.stdin!.end();
    expect(await once(launched.child, 'exit')).toEqual([0, null]);
    expect(launched.errors()).toBe('');
    const batches = receiver.got.filter(({ headers }) => headers['annals-kind'] === 'rows');
    process.stdout.write(
      `${kills} kills (${said.join(', ')}): ${ids.length} events in one file of each directory, ` +
        `${job.duplicates} copies dropped, ${batches.length} batches posted\n`,
    );
  });
});
