/**
 * `npm run bench:large`: a seeded generator writes twenty million events straight into the ledger, five
 * million of them of one scope, and a separate server exports that scope. Peak memory and time are compared
 * with DuckDB's own `COPY` of the same rows. It takes some four gigabytes of disk and a quarter of an hour.
 * `--rows`, `--scope-rows` and `--memory` set another size.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { progress } from '#cli/progress.ts';
import { renderTable } from '#cli/table.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { installationKey, objectKey } from '#domain/archive/layout.ts';
import { filedRowBytes, fileRow } from '#domain/archive/row.ts';
import { instantOf, nanosecondsOf, nanosecondsPerDay } from '#domain/time.ts';
import { rowOf } from './archive.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000000' },
    'scope-rows': { type: 'string', default: '5000000' },
    memory: { type: 'string', default: '1GiB' },
    json: { type: 'boolean', default: false },
  },
});
const totalRows = Number(values.rows);
const scopeRows = Number(values['scope-rows']);
const scope = 'acme';
const buckets = 32;
const rowsAnObject = 25_000;
const days = 60;
const firstDay = '2026-09-01T00:00:00.000000000Z';
const root = join(import.meta.dirname, '..');
const bar = progress(values.json);

/**
 * Row number n of a scope as a line: that of the bench's events, with an id, a time and some text of its own.
 */
const lineMaker = (ofScope: string) => {
  const marks = ['00000000-0000-4000-8000-000000000000', '2000-01-01T00:00:00.000000000Z'] as const;
  const template = rowOf(0, ofScope, Date.parse(marks[1]))
    .replace(/"id":"[0-9a-f-]{36}"/, `"id":"${marks[0]}"`)
    .replace(/"content_sha256":"[0-9a-f]{64}"/, `"content_sha256":"@@"`);
  return (n: number, occurredAt: string): Buffer => {
    const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    return Buffer.from(
      template
        .replace(marks[0], `${hex}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`)
        .replaceAll(marks[1], occurredAt)
        .replace('@@', hex.repeat(8)),
    );
  };
};

/**
 * Writes the rows of a scope over all days, in objects like those of archive; one row in a hundred is there
 * twice.
 */
const fillScope = async (ledger: string, ofScope: string, rows: number): Promise<void> => {
  const makeLine = lineMaker(ofScope);
  const bucket = bucketOf(ofScope, buckets);
  const start = nanosecondsOf(firstDay);
  const stepNs = (BigInt(days) * 86_400_000_000_000n) / BigInt(Math.max(rows, 1));
  const writing = new Set<Promise<void>>();
  let from = 0;
  while (from < rows) {
    const day = (start + BigInt(from) * stepNs) / 86_400_000_000_000n;
    const parts: Buffer[] = [];
    const first = from;
    for (; from < rows && from - first < rowsAnObject; from++) {
      const occurred = start + BigInt(from) * stepNs;
      if (occurred / 86_400_000_000_000n !== day) break;
      const original = from % 100 === 99 ? from - 1 : from;
      const line = makeLine(original, instantOf(start + BigInt(original) * stepNs));
      const filed = Buffer.alloc(filedRowBytes(line));
      fileRow(filed, 0, line, instantOf(occurred + 1_000_000n));
      parts.push(filed);
    }
    const key = objectKey({
      lane: 'ontime',
      bucket,
      firstFiledAt: instantOf(start + BigInt(first) * stepNs + 1_000_000n),
      stream: 'bench',
      shard: `shardId-${ofScope}`,
      firstSequence: String(first + 1),
      lastSequence: String(from),
      textSha256: '0'.repeat(64),
    });
    const write = async (): Promise<void> => {
      const path = join(ledger, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await promisify(gzip)(Buffer.concat(parts), { level: 6 }));
    };
    const done: Promise<void> = write().finally(() => writing.delete(done));
    writing.add(done);
    if (writing.size >= 4) await Promise.race(writing);
  }
  await Promise.all(writing);
};

/** The peak memory of a process, in MiB. */
const peakOf = async ({ pid }: ChildProcess): Promise<number> =>
  Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

const startServer = async (data: string) => {
  const args = ['--max-semi-space-size=4', join(root, 'cli/annals.js'), 'start', '--data', data];
  const server = spawn(process.execPath, [...args, '--port', '0', '--memory', values.memory], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const readJson = async <T>(name: string): Promise<T> =>
    JSON.parse(await readFile(join(data, name), 'utf8')) as T;
  for (;;) {
    try {
      const { url } = await readJson<{ url: string }>('server.json');
      const { operator } = await readJson<{ operator: string }>('keys.json');
      return { server, url, operator };
    } catch {
      if (server.exitCode !== null) throw new Error('The server did not start');
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
};

type Job = { id: string; status: string; progress?: { slices_done: number; slices: number } };

const exportIt = async (data: string) => {
  const { server, url, operator } = await startServer(data);
  try {
    const call = async <T>(path: string, body?: object): Promise<T> => {
      const response = await fetch(new URL(path, url), {
        headers: { authorization: `Bearer ${operator}` },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    };
    const startedAt = performance.now();
    let job = await call<Job>('/v1/exports', { scope_id: scope });
    while (job.status !== 'succeeded') {
      if (job.status === 'failed') throw new Error(JSON.stringify(job));
      bar.say(`export: ${job.status}`, job.progress && job.progress.slices_done / job.progress.slices);
      await new Promise(resolve => setTimeout(resolve, 200));
      job = await call<Job>(`/v1/exports/${job.id}`);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const manifest = await call<Record<string, number>>(`/v1/exports/${job.id}/manifest`);
    const { rows, duplicates, slices, bytes, bytes_scanned } = manifest;
    return { seconds, peakMiB: await peakOf(server), rows, duplicates, slices, bytes, bytes_scanned };
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
};

/** DuckDB alone, in a process of its own: the same rows and columns to a CSV. */
const copyIt = async (data: string, order: string) => {
  const script = join(import.meta.dirname, 'large-copy.ts');
  const args = [
    join(data, 'buckets/ledger'),
    join(data, 'tmp'),
    scope,
    String(bucketOf(scope, buckets)),
    values.memory,
    order,
  ];
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [{ seconds, failure }] = (await once(child, 'message')) as [{ seconds: number; failure?: string }];
  const peakMiB = await peakOf(child);
  child.send('end');
  await once(child, 'exit');
  return { seconds, peakMiB, ...(failure ? { failure } : {}) };
};

const data = await mkdtemp(join(tmpdir(), 'annals-large-'));
try {
  const ledger = join(data, 'buckets/ledger');
  const others = 45;
  await fillScope(ledger, scope, scopeRows);
  for (let n = 0; n < others; n++) {
    bar.say('writing the ledger', n / others);
    await fillScope(ledger, `other-${n}`, Math.floor((totalRows - scopeRows) / others));
  }
  // A ledger that this state did not file is accepted only with an instant above everything in it.
  await mkdir(join(data, 'buckets/state'), { recursive: true });
  const record = {
    buckets,
    filed_from: instantOf(nanosecondsOf(firstDay) + BigInt(days + 1) * nanosecondsPerDay),
  };
  await writeFile(join(data, 'buckets/state', installationKey), JSON.stringify(record));
  const exported = await exportIt(data);
  bar.say('COPY as the rows lie');
  const copy = await copyIt(data, '');
  bar.say('COPY in the order of the CSV');
  const ordered = await copyIt(data, ' ORDER BY "occurred_at", "id", "scope_id"');
  bar.clear();
  if (values.json) process.stdout.write(`${JSON.stringify({ exported, copy, ordered })}\n`);
  else {
    const row = (
      what: string,
      { seconds, peakMiB, failure }: { seconds: number; peakMiB: number; failure?: string },
    ) => ({
      what,
      seconds: failure ? failure.slice(0, 60) : seconds.toFixed(1),
      'peak MiB': Math.round(peakMiB),
      'times the floor': failure ? '' : (exported.seconds / seconds).toFixed(2),
    });
    process.stdout.write(
      `${renderTable([row('export', exported), row('COPY', copy), row('COPY, ordered', ordered)])}\n`,
    );
    const { rows, duplicates, slices, bytes, bytes_scanned } = exported;
    process.stdout.write(`${JSON.stringify({ rows, duplicates, slices, bytes, bytes_scanned })}\n`);
  }
} finally {
  bar.clear();
  await rm(data, { recursive: true, force: true });
}
