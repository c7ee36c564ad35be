/**
 * compact: a closed day of one bucket from the objects of the ledger to proven segments, by the workflow that
 * Lambda runs, in a process of its own. The floor is DuckDB's own ordered COPY of the same objects to Parquet, in a
 * process of its own too, which proves nothing. The peak of memory must not grow with the day.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { Objects } from '#aws/objects.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { objectKey, watermarkKey } from '#domain/archive/layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import type { Figure, Heading } from './figure.ts';
import { FiledRows } from './filed-rows.ts';

export const benchBucket = 5;
export const benchBuckets = 32;
export const benchDate = '2026-11-20';
const midnight = Date.parse(`${benchDate}T00:00:00Z`);
export const rowsPerObject = 1000;
const stream = 'annals@2026-01-01T00:00:00.000000000Z';
const shard = 'shardId-000000000000';
export const benchScopes = Array.from({ length: 2000 }, (_, n) => `scope-${n}`)
  .filter(scope => bucketOf(scope, benchBuckets) === benchBucket)
  .slice(0, 30);

export type CompactBenchResult = {
  rows: number;
  rowsPerSecond: number;
  floorRowsPerSecond: number;
  peakRssMiB: number;
  floorPeakRssMiB: number;
  /** Of a row, in microseconds. */
  cpu: number;
  floorCpu: number;
};

export const compactHeading: Heading = {
  name: 'compact',
  measures: 'rows a second from the objects of a closed day to segments, read, proven, written and read back',
  floor: "DuckDB's ordered COPY of the same objects to gzipped Parquet, on both cores",
};
export const compactFigure = (result: CompactBenchResult): Figure => ({
  what: `a day of ${result.rows.toLocaleString('en-US')} rows`,
  value: result.rowsPerSecond,
  floor: result.floorRowsPerSecond,
  unit: 'rows/s',
  better: 'more',
  aim: 0.5,
  note:
    `peak ${result.peakRssMiB} MiB, the floor's ${result.floorPeakRssMiB} MiB; ` +
    `CPU of a row ${result.cpu.toFixed(0)} µs, the floor's ${result.floorCpu.toFixed(0)} µs`,
});

/** The buckets of a data directory, as objects. */
export const openPlace = (root: string, name: string): Objects => {
  const s3 = new EmbeddedS3(join(root, 'buckets'), join(root, 'tmp'), ['ledger', 'state', 'views']);
  return new Objects(s3 as unknown as Pick<S3Client, 'send'>, name, systemBackoff);
};

/** Files a day of rows in 30 scopes of one bucket, or in these. */
export const fillDay = async (root: string, rows: number, scopes = benchScopes): Promise<void> => {
  await makeDirectory(join(root, 'tmp'));
  const ledger = openPlace(root, 'ledger');
  const stepMs = 86_000_000 / rows;
  const filed = new FiledRows(scopes);
  const file = async (first: number): Promise<void> => {
    const count = Math.min(rowsPerObject, rows - first);
    const lines = Array.from({ length: count }, (_, n) =>
      filed.line(first + n, Math.floor(midnight + (first + n) * stepMs)),
    );
    const text = Buffer.concat(lines);
    const key = objectKey({
      lane: 'ontime',
      bucket: benchBucket,
      firstFiledAt: instantOfMilliseconds(Math.floor(midnight + first * stepMs) + 500, first % 1_000_000),
      stream,
      shard,
      firstSequence: String(first + 1),
      lastSequence: String(first + count),
      textSha256: createHash('sha256').update(text).digest('hex'),
    });
    await ledger.create(key, await promisify(gzip)(text));
  };
  const firsts = Array.from({ length: Math.ceil(rows / rowsPerObject) }, (_, n) => n * rowsPerObject);
  await fewAtOnce(firsts, file);
  const until = { [bucketName(benchBucket)]: instantOfMilliseconds(midnight + 86_400_000) };
  const watermark = Buffer.from(JSON.stringify({ sequence: String(rows), filed: until }));
  await openPlace(root, 'state').create(watermarkKey(stream, shard), watermark);
};

type Ran = { seconds: number; cpuSeconds: number; peakRssMiB: number };

/** Runs compaction or its floor in a process of its own. */
export const runApart = async (root: string, what: 'compact' | 'floor'): Promise<Ran> => {
  const script = join(import.meta.dirname, 'compact-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, root, what]);
  return JSON.parse(stdout) as Ran;
};

/** `most` is the largest day: those of a tenth of it, down to 100,000 rows, are smaller. */
export const benchCompact = async (
  say: (text: string) => void,
  most: number,
  add: (result: CompactBenchResult) => void,
): Promise<void> => {
  for (let rows = Math.min(most, 100_000); rows <= most; rows *= 10) {
    const root = await mkdtemp(join(tmpdir(), 'annals-bench-'));
    try {
      say(`filing ${rows} rows`);
      await fillDay(root, rows);
      say(`compacting ${rows} rows`);
      const compacted = await runApart(root, 'compact');
      say(`copying ${rows} rows`);
      const floor = await runApart(root, 'floor');
      add({
        rows,
        rowsPerSecond: rows / compacted.seconds,
        floorRowsPerSecond: rows / floor.seconds,
        peakRssMiB: compacted.peakRssMiB,
        floorPeakRssMiB: floor.peakRssMiB,
        cpu: (compacted.cpuSeconds / rows) * 1e6,
        floorCpu: (floor.cpuSeconds / rows) * 1e6,
      });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
};
