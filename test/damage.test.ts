import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { codeOf } from '#embedded/files.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { filesNothing, type Job, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

/** An export of all scopes lists each; and each of them has the same kinds of files. */
const buckets = 4;

const scopes = Array.from({ length: 6 }, (_, n) => `customer-${n}`);
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => uuid(from + i));

const send = async ({ post }: Server, sent: readonly string[]): Promise<void> => {
  const lines = sent.map((id, n) => eventText({ id, scope: { id: scopes[n % scopes.length], type: 't' } }));
  expect((await post(lines.join('\n'), 'application/x-ndjson')).status).toBe(202);
};

const ask = async ({ request }: Server): Promise<string> => {
  const asked = await request({ all_scopes: true, reason: 'test' }, 'operator');
  expect(asked.status).toBe(202);
  return ((await asked.json()) as Job).id;
};

const schedule = async ({ call }: Server, id: string): Promise<void> => {
  const path = `/v1/scopes/customer-1/schedules/${id}`;
  const rhythm = { every: 'daily', at: '06:00', time_zone: 'UTC', requested_by: 'u-1', reason: 'r' };
  expect((await call('support', path, { method: 'PUT', body: JSON.stringify(rhythm) })).status).toBe(201);
  const run = await call('support', `${path}/runs`, { method: 'POST' });
  expect(run.status).toBe(202);
};

/**
 * A data directory that was in use: with what is filed, what is not and what was refused, an admin, schedules, notices,
 * exports that have ended and one that has not. And a copy of it from before.
 */
const used = async (): Promise<{ data: string; older: string }> => {
  // What is filed first counts as of a closed day.
  const nowMs = () => Date.now() + 3 * 24 * 3_600_000;
  const first = await startServer({ buckets, folding: { everyMs: 20, nowMs } });
  await send(first, ids(1, 12));
  await first.admin('customer-1', 'u-1');
  await schedule(first, 'first');
  await first.exportLog({ scope_id: 'customer-1' });
  await first.finished(await ask(first), 'operator');
  await eventually(async () =>
    expect(await readdir(join(first.data, 'buckets/.folds/ledger')).catch(() => [])).toHaveLength(1),
  );
  await first.stop();
  const older = join(await temporaryDirectory(), 'older');
  await cp(first.data, older, { recursive: true, preserveTimestamps: true });

  // Nobody listens there, so that notices wait.
  const webhook = { url: 'http://127.0.0.1:9/', secret: 'a secret of sixteen' };
  const second = await startServer({ buckets, data: first.data, webhook });
  await send(second, ids(13, 24));
  const refused = { method: 'POST', body: '[1]', headers: { 'content-type': 'application/json' } };
  expect((await second.call('emitter', '/v1/events?refused=keep', refused)).status).toBe(200);
  await second.admin('customer-1', 'u-2');
  await schedule(second, 'second');
  await second.finished(await ask(second), 'operator');
  // The run of the schedule may end after it.
  const waiting = join(first.data, 'buckets/state/notices/waiting');
  await eventually(async () => expect(await readdir(waiting).catch(() => [])).not.toEqual([]));
  await second.stop();
  // Nothing is filed any more, so that an export stays open, and events are only acknowledged.
  const third = await startServer({ buckets, data: first.data, ...filesNothing });
  await send(third, ids(25, 30));
  await ask(third);
  await third.stop();
  return { data: first.data, older };
};
const acknowledged = ids(1, 30);

const filesIn = async (root: string): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
    .sort();

/** Files whose names differ in nothing but ids, hashes, numbers and times are of one kind. */
const kindOf = (name: string): string =>
  name
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,}/g, 'ID')
    .replace(/[0-9a-f]{32,}/g, 'HASH')
    .replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, 'TIME')
    .replace(/\d{2,}/g, 'N')
    .replace(/TIME-HASH.*|TIME-.*gz$/, 'OBJECT');

/** One file of each kind: the last, which is the newest where names are numbers or times. */
const oneOfEach = (files: readonly string[]): string[] => [
  ...new Map(files.map(name => [kindOf(name), name])).values(),
];

const garbage = (bytes: number): Buffer => {
  let all = Buffer.alloc(0);
  for (let n = 0; all.length < bytes; n++)
    all = Buffer.concat([all, createHash('sha512').update(`garbage ${n}`).digest()]);
  return all.subarray(0, bytes);
};

type Damage = (path: string, older: string) => Promise<unknown>;
const damages: Record<string, Damage> = {
  empty: path => writeFile(path, ''),
  'cut in the middle': async path => {
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length / 2)));
  },
  garbage: async path => writeFile(path, garbage((await stat(path)).size + 100)),
  missing: path => rm(path),
  'an older copy': (path, older) => cp(older, path),
};

const hasChanged = async (path: string, older: string): Promise<boolean> => {
  try {
    return !(await readFile(path)).equals(await readFile(older));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
};

const missingFrom = (all: readonly string[], some: readonly string[]): string[] =>
  some.filter(id => !all.includes(id));

/** What is wrong with a start on a damaged file, if anything is. */
const faultAfter = async (data: string, path: string): Promise<string | undefined> => {
  const said: unknown[] = [];
  const started = await startServer({
    buckets,
    data,
    tickMs: 500,
    log: (...line) => void said.push(line),
  }).catch((error: Error) => error);
  if (started instanceof Error) {
    const isNamed = started.message.includes(path);
    const hasCure = /restore|delete|move/i.test(started.message);
    return isNamed && hasCure ? undefined : `the start says: ${started.message}`;
  }
  try {
    const later = ids(101, 106);
    await send(started, later);
    const id = await ask(started);
    const job = await started.finished(id, 'operator');
    if (job.status === 'failed')
      // The reader is told what to do, and no path; the operator's log names the file.
      return JSON.stringify(said).includes(basename(path)) &&
        /ask the operator/.test(job.failure!.message) &&
        !/[/\\]/.test(job.failure!.message)
        ? undefined
        : `the export failed: ${JSON.stringify({ failure: job.failure, said })}`;
    const rows = parseIds(await started.download(id, 'operator'));
    const missing = missingFrom(rows, acknowledged);
    if (new Set(rows).size !== rows.length) return 'something is in the export twice';
    if (missingFrom(rows, later).length > 0) return 'something that was sent after the start is missing';
    return missing.length === 0 || job.gaps > 0 ? undefined : `missing without a word: ${missing.join(', ')}`;
  } finally {
    await started.stop();
  }
};

/** The ids of the events that were sent; what the log says of itself has others. */
const parseIds = (csv: string): string[] => csv.match(/00000000-0000-4000-8000-\d{12}/g) ?? [];

describe('a data directory of which a file is damaged', () => {
  it('loses nothing silently, whichever file is damaged and however', {
    timeout: 900_000,
  }, async () => {
    const { data, older } = await used();
    const files = oneOfEach(await filesIn(data));
    // Of each of these there is one at least: a walk that has missed a part of the directory proves nothing.
    for (const part of [
      'lock',
      'stream/',
      'acknowledged/',
      'checkpoints/',
      'athena/',
      'buckets/ledger/',
      'buckets/state/',
      'buckets/results/',
      'buckets/.headers/',
      'buckets/.inventory/ledger/',
      'buckets/.inventory/ledger-folds',
      'buckets/.folds/',
      'buckets/aside/',
      'buckets/state/notices/',
    ])
      expect(files.filter(name => name.startsWith(part)).length, part).toBeGreaterThan(0);
    const cases = files.flatMap(name => Object.keys(damages).map(damage => ({ name, damage })));
    const faults = await fewAtOnce(
      cases,
      async ({ name, damage }) => {
        const old = join(older, name);
        if (damage === 'an older copy' && !(await hasChanged(join(data, name), old))) return undefined;
        const copy = await temporaryDirectory();
        await cp(data, copy, { recursive: true, preserveTimestamps: true });
        const path = join(copy, name);
        await damages[damage]!(path, old);
        const fault = await faultAfter(copy, path).catch((error: Error) => `it fails: ${error.message}`);
        await rm(copy, { recursive: true });
        return fault && `${kindOf(name)}, ${damage}: ${fault}`;
      },
      4,
    );
    expect(faults.filter(fault => fault !== undefined)).toEqual([]);
  });
});
