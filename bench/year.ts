/**
 * year: a log of one event every ten seconds in 50 scopes, each filed as an object of its own, after every day was
 * folded and compacted: files, bytes, a start, and an export of one scope's last day. The floor of the times is the
 * same with two days; the floors of files and bytes are what the design allows.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemBackoff } from '#aws/backoff.ts';
import { Objects } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { Leases } from '#aws/state/leases.ts';
import { allBuckets, bucketName, bucketOf, defaultBuckets } from '#domain/archive/bucket.ts';
import { firstDate, installationKey, objectKey } from '#domain/archive/layout.ts';
import { runLimits } from '#domain/compact/cut.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { addDays, dateOf, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { makeDirectory } from '#embedded/files.ts';
import { putFold } from '#embedded/storage/fold-change.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { compactBuckets } from '#functions/workflows/compact-buckets.ts';
import { type CompactWorld, inThisThread } from '#functions/workflows/compact-world.ts';
import type { Figure, Heading } from './figure.ts';
import { FiledRows } from './filed-rows.ts';
import { annalsPeer } from './peers/annals.ts';
import { diskBytes } from './peers/disk.ts';
import { pause } from './peers/peer.ts';
import { inTurns, summarize } from './peers/turns.ts';

const eventsOfDay = 8640;
const scopes = Array.from({ length: 50 }, (_, n) => `scope-${n}`);
const firstMidnight: Instant = `${firstDate}T00:00:00.000000000Z`;
const mostFiles = 10_000;
const daysOfYear = 365;
/** An export of a day also reads what was filed the day before. */
const fewDays = 2;
const rounds = 5;

export type YearResult = Pick<Figure, 'what' | 'value' | 'floor' | 'unit' | 'aim' | 'note'>;

export const yearHeading: Heading = {
  name: 'year',
  measures: 'an event every ten seconds in 50 scopes, folded and compacted, on one machine',
  floor:
    'of times, the same with two days; of bytes, the content of ledger and segments; of files, 10,000 a year',
};
export const yearFigure = (result: YearResult): Figure => ({ ...result, better: 'less' }) as Figure;

export const benchYear = async (
  say: (text: string) => void,
  events: number,
  add: (result: YearResult) => void,
): Promise<void> => {
  const days = Math.max(2 * fewDays, Math.ceil(events / eventsOfDay));
  const directory = await mkdtemp(join(tmpdir(), 'annals-year-'));
  try {
    const few = join(directory, 'few');
    const all = join(directory, 'all');
    await makeLog(few, fewDays, say);
    const contentBytes = await makeLog(all, days, say);
    const note = `${(days * eventsOfDay).toLocaleString('en-US')} events, ${days} days`;
    const files = await countFiles(all);
    // Each further day adds as many as those that were made.
    const added = ((files - (await countFiles(few))) / (days - fewDays)) * (daysOfYear - days);
    add({ what: 'files of a year', value: files + added, floor: mostFiles, unit: 'files', aim: 1, note });
    const disk = { value: await diskBytes(all), floor: contentBytes };
    add({ what: 'bytes on disk', ...disk, unit: 'bytes', aim: 2, note });
    say('starts and exports');
    const pairs = await inTurns(
      rounds,
      () => timesOf(all, days),
      () => timesOf(few, fewDays),
    );
    for (const [name, what] of [
      ['start', 'start'],
      ['export', "export of a scope's last day"],
    ] as const) {
      const { value, floor } = summarize(
        pairs.map(({ annals, peer }) => ({ annals: annals[name], peer: peer[name] })),
      );
      add({ what, value, floor, unit: 's', aim: 1.5, note });
    }
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

/** Makes the data directory of an installation; returns the bytes of its objects and segments. */
const makeLog = async (data: string, days: number, say: (text: string) => void): Promise<number> => {
  const temporary = join(data, 'tmp');
  await makeDirectory(temporary);
  const s3 = new EmbeddedS3(join(data, 'buckets'), temporary, ['ledger', 'state', 'views']);
  await s3.open();
  const [ledger, state, views] = ['ledger', 'state', 'views'].map(
    name => new Objects(s3 as never, name, systemBackoff),
  ) as [Objects, Objects, Objects];
  const rows = new FiledRows(scopes);
  const files = s3.filesOf('ledger');
  let bytes = 0;
  for (let day = 0; day < days; day++) {
    say(`folding day ${day + 1} of ${days}`);
    const sources = Array.from({ length: eventsOfDay }, (_, n) => objectOf(rows, day * eventsOfDay + n));
    bytes += sources.reduce((sum, { content }) => sum + content.length, 0);
    const folded = sources.map(({ key, content }) => ({
      key,
      read: async () => ({ etag: `"${key.slice(-16)}"`, writtenMs: 0, content }),
    }));
    await putFold({ files, temporary }, dateOf(addDays(firstMidnight, day)), folded, []);
  }
  say(`compacting ${days} days`);
  await compact({ ledger, state, views }, addDays(firstMidnight, days));
  for await (const segment of views.list('segments/')) bytes += segment.bytes;
  // A ledger that this state did not file is accepted only with an instant above everything in it.
  const record = { buckets: defaultBuckets, filed_from: addDays(firstMidnight, days + 1) };
  await state.create(installationKey, Buffer.from(JSON.stringify(record)));
  return bytes;
};

const timeOf = (n: number): number => Date.parse(firstMidnight) + n * 10_000;

const objectOf = (rows: FiledRows, n: number): { key: string; content: Buffer } => {
  const text = rows.line(n, timeOf(n));
  const key = objectKey({
    lane: 'ontime',
    bucket: bucketOf(scopes[n % scopes.length]!, defaultBuckets),
    firstFiledAt: instantOfMilliseconds(timeOf(n) + 500, n % 1_000_000),
    stream: 'bench',
    shard: 's',
    firstSequence: String(n + 1),
    lastSequence: String(n + 1),
    textSha256: createHash('sha256').update(text).digest('hex'),
  });
  return { key, content: gzipSync(text) };
};

const compact = async (
  { ledger, state, views }: Record<'ledger' | 'state' | 'views', Objects>,
  upTo: Instant,
): Promise<void> => {
  let nowMs = Date.parse(upTo);
  const compactions = new Compactions(state);
  const filed = Object.fromEntries(allBuckets(defaultBuckets).map(bucket => [bucketName(bucket), upTo]));
  const world: CompactWorld = {
    ledger,
    views,
    compactions,
    watermarks: { all: async () => [{ sequence: '1', filed }] },
    leases: new Leases(state, () => nowMs),
    isFrozen: async () => false,
    maker: inThisThread(new SegmentMaker(defaultBuckets)),
    buckets: defaultBuckets,
    limits: runLimits,
    leastRecentObjects: Number.POSITIVE_INFINITY,
    leaseMs: 60_000,
    nowMs: () => nowMs,
    log: (level, message, facts) => {
      if (level === 'error') throw new Error(`${message} ${JSON.stringify(facts)}`);
    },
    metrics: () => undefined,
  };
  await compactBuckets(world, () => true);
  nowMs += 10 * 60_000;
  await compactBuckets(world, () => true);
  if ((await compactions.least()) === null) throw new Error('The days were not compacted');
};

const countFiles = async (folder: string): Promise<number> => {
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && (await lstat(join(entry.parentPath, entry.name))).isFile()) files += 1;
  return files;
};

type Job = { id: string; status: string };

/** A start, and an export of the last day of one scope, in seconds. */
const timesOf = async (data: string, days: number): Promise<{ start: number; export: number }> => {
  const window = { from: addDays(firstMidnight, days - 1), to: addDays(firstMidnight, days) };
  const annals = annalsPeer(data, new AbortController().signal);
  try {
    const start = await secondsOf(() => annals.start());
    const { operator } = JSON.parse(await readFile(join(data, 'keys.json'), 'utf8')) as { operator: string };
    const call = async (path: string, body?: object): Promise<Job> => {
      const response = await fetch(new URL(path, annals.target().url), {
        headers: { authorization: `Bearer ${operator}` },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Job;
    };
    const exported = await secondsOf(async () => {
      let job = await call('/v1/exports', { scope_id: scopes[0], ...window });
      while (job.status !== 'succeeded') {
        if (job.status === 'failed') throw new Error(JSON.stringify(job));
        await pause(10);
        job = await call(`/v1/exports/${job.id}`);
      }
    });
    return { start, export: exported };
  } finally {
    await annals.stop();
  }
};

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
