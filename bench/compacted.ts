/**
 * compacted: an export of one scope's rows among ten times as many in its bucket, all of them compacted. The floor is
 * DuckDB's ordered COPY of the same rows and columns from the same segments, written and synced.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { Compactions } from '#aws/state/compactions.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import type { DayFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { monthOf, parseSegmentKey, segmentsPrefix } from '#domain/compact/layout.ts';
import { addDays, dateOf, dayAfter } from '#domain/time.ts';
import { engineBuckets, openExportEngine } from './export-engine.ts';
import type { Figure, Heading } from './figure.ts';
import { compare } from './measure.ts';

export const compactedScope = 'acme';
export const compactedBucket = bucketOf(compactedScope, engineBuckets);
export const firstMidnight = '2026-06-01T00:00:00.000000000Z';
export const rowsOfSegment = 100_000;
export const segmentsOfDay = 10;
/** The scope has every tenth row. */
export const scopes = [
  compactedScope,
  ...Array.from({ length: 2000 }, (_, n) => `other-${n}`)
    .filter(scope => bucketOf(scope, engineBuckets) === compactedBucket)
    .slice(0, 9),
];
/** Segments are written by so many processes. */
const writers = 2;
const rounds = 3;

export type CompactedResult = {
  rows: number;
  all: number;
  statements: number;
  megabytes: number;
  seconds: number;
  floorSeconds: number;
};

export const compactedHeading: Heading = {
  name: 'compacted',
  measures: 'seconds for an export from segments: planned, queried, deduplicated, hashed, written and synced',
  floor: "DuckDB's ordered COPY of the same rows and columns from the same segments, written and synced",
};
export const compactedFigure = (result: CompactedResult): Figure => ({
  what: `${result.rows.toLocaleString('en-US')} of ${result.all.toLocaleString('en-US')} rows`,
  value: result.seconds,
  floor: result.floorSeconds,
  unit: 's',
  better: 'less',
  aim: 1.5,
  note: `${result.megabytes} MB, ${result.statements} statements`,
});

export const benchCompacted = async (
  say: (text: string) => void,
  rows: number,
  add: (result: CompactedResult) => void,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-bench-'));
  try {
    const segments = Math.ceil((rows * scopes.length) / rowsOfSegment);
    say(`writing ${segments} segments`);
    const facts = (
      await Promise.all(Array.from({ length: writers }, (_, n) => writeApart(directory, n, segments)))
    ).flat();
    await measure(directory, say, facts, add);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** The segments of a writer: each `writers`th. */
const writeApart = async (directory: string, first: number, end: number): Promise<SegmentFacts[]> => {
  const script = join(import.meta.dirname, 'segments-process.ts');
  const args = ['--import', 'tsx', script, directory, String(first), String(end), String(writers)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as SegmentFacts[];
};

const measure = async (
  directory: string,
  say: (text: string) => void,
  segments: SegmentFacts[],
  add: (result: CompactedResult) => void,
): Promise<void> => {
  const engine = await openExportEngine(directory);
  const days = factsOfDays(segments);
  const compactions = new Compactions(engine.state);
  const month = monthOf(days[0]!.date);
  const bucket = compactedBucket;
  await compactions.putMonth({ format: 1, bucket, month, days }, await compactions.month(bucket, month));
  const last = days.at(-1)!.date;
  await compactions.put({ format: 1, bucket, compacted_to: last }, await compactions.get(bucket));
  const completeTo = addDays(`${dayAfter(last)}T00:00:00.000000000Z`, 1);
  let exported = { rows: 0, statements: 0, bytes: 0 };
  const exportIt = async (): Promise<void> => {
    exported = await engine.export({ scope_id: compactedScope }, completeTo);
  };
  say('exporting and copying');
  const copy = { name: 'COPY', run: () => copyIt(directory) };
  const { medianMs, floorMs } = await compare({ name: 'export', run: exportIt }, copy, rounds, 1);
  const all = segments.reduce((sum, { rows }) => sum + rows, 0);
  if (exported.rows !== all / scopes.length)
    throw new Error(`Expected ${all / scopes.length} rows, got ${exported.rows}`);
  add({
    rows: exported.rows,
    all,
    statements: exported.statements,
    megabytes: Math.round(exported.bytes / 1e6),
    seconds: medianMs / 1000,
    floorSeconds: floorMs / 1000,
  });
  await engine.close();
};

const factsOfDays = (segments: readonly SegmentFacts[]): DayFacts[] => {
  const byDay = new Map<string, SegmentFacts[]>();
  for (const segment of segments) {
    const { date } = parseSegmentKey(segment.key)!;
    byDay.set(date, [...(byDay.get(date) ?? []), segment]);
  }
  return [...byDay].sort().map(([date, its]) => {
    const sumOf = (name: 'rows' | 'text_bytes'): number => its.reduce((sum, each) => sum + each[name], 0);
    const lane = {
      objects: 1,
      keys_sha256: '0'.repeat(64),
      rows: sumOf('rows'),
      text_bytes: sumOf('text_bytes'),
      rows_sum: '0'.repeat(64),
      segments: its.sort((a, b) => parseSegmentKey(a.key)!.n - parseSegmentKey(b.key)!.n),
    };
    return { date, lanes: { ontime: lane } };
  });
};

/** With the limits of the export. */
const copyIt = async (directory: string): Promise<void> => {
  const database = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '1GiB',
    temp_directory: join(directory, 'tmp', 'copy'),
    preserve_insertion_order: 'false',
  });
  const connection = await database.connect();
  const partition = `${segmentsPrefix}lane=ontime/bucket=${bucketName(compactedBucket)}`;
  const files = join(directory, 'buckets/views', partition, '*/*.parquet');
  const path = join(directory, 'tmp', 'copy.csv');
  const list = exportedColumns.map(({ name }) => `"${name}"`).join(', ');
  await connection.run(
    `COPY (SELECT ${list} FROM read_parquet('${files}') WHERE scope_id = '${compactedScope}' ` +
      `ORDER BY occurred_at, id) TO '${path}' ` +
      `(FORMAT csv, HEADER true, FORCE_QUOTE *, QUOTE '"', ESCAPE '"', NULLSTR '')`,
  );
  connection.closeSync();
  database.closeSync();
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
  await rm(path);
};

/** The day and the time of a row: evenly over its segment, of which a day has ten. */
export const timeOfRow = (n: number): number => {
  const step = 86_000_000 / (rowsOfSegment * segmentsOfDay);
  const day = Math.floor(n / (rowsOfSegment * segmentsOfDay));
  return Date.parse(addDays(firstMidnight, day)) + Math.floor((n % (rowsOfSegment * segmentsOfDay)) * step);
};
export const dateOfSegment = (n: number): string =>
  dateOf(addDays(firstMidnight, Math.floor(n / segmentsOfDay)));
