/**
 * memory: the peak of compact at the end of a day of ten million rows. All of its objects are listed; those before the
 * last 200,000 rows have names alone, and are recorded as finished runs, as a run of compact finds them that goes on with
 * such a day. The floor is the peak for a day of 200,000 rows.
 */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compactions } from '#aws/state/compactions.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { inOrder, keysSha256, type ListedKey } from '#domain/compact/cut.ts';
import type { GroupFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { segmentKey } from '#domain/compact/layout.ts';
import { type FinishedRun, noProgress } from '#domain/compact/progress.ts';
import { addDays, type Instant } from '#domain/time.ts';
import { namedKey } from '#functions/workflows/compact-day.ts';
import { benchBucket, benchDate, fillDay, openPlace, rowsPerObject, runApart } from './compact.ts';
import type { Figure, Heading } from './figure.ts';

const real = 200_000;
/** As the cut makes them of rows of usual size. */
const objectsOfRun = 77;
const groupsOfRun = 16;

export type MemoryResult = { rows: number; peakMiB: number; floorMiB: number };

export const memoryHeading: Heading = {
  name: 'memory',
  measures: `peak memory of compact for the last ${real.toLocaleString('en-US')} rows of a day`,
  floor: `a day of ${real.toLocaleString('en-US')} rows`,
};
export const memoryFigure = ({ rows, peakMiB, floorMiB }: MemoryResult): Figure => ({
  what: `a day of ${rows.toLocaleString('en-US')} rows`,
  value: peakMiB,
  floor: floorMiB,
  unit: 'MiB',
  better: 'less',
  aim: 1.3,
});

export const benchMemory = async (
  say: (text: string) => void,
  add: (result: MemoryResult) => void,
): Promise<void> => {
  let floorMiB: number | undefined;
  for (const rows of [real, 10_000_000]) {
    const root = await mkdtemp(join(tmpdir(), 'annals-bench-'));
    try {
      say(`filing ${rows} rows`);
      await fillDay(root, real);
      await recordFinished(root, (rows - real) / rowsPerObject);
      say(`compacting the last of ${rows} rows`);
      const { peakRssMiB } = await runApart(root, 'compact');
      floorMiB ??= peakRssMiB;
      if (rows > real) add({ rows, peakMiB: peakRssMiB, floorMiB });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
};

/** Objects before those of the day, which are in finished runs. */
const recordFinished = async (root: string, objects: number): Promise<void> => {
  const listed = inOrder(Array.from({ length: objects }, (_, n) => nameOf(root, n)));
  const runs: FinishedRun[] = [];
  for (let at = 0; at < listed.length; at += objectsOfRun)
    runs.push(await finishedRun(root, runs.length, listed.slice(at, at + objectsOfRun)));
  const compactions = new Compactions(openPlace(root, 'state'));
  const progress = { ...noProgress(benchBucket, benchDate), lanes: { ontime: runs } };
  await compactions.putProgress(progress, { etag: undefined });
};

/** A few files have many names; a file has at most 65,000 on ext4. */
const nameOf = (root: string, n: number): ListedKey => {
  const key = objectKey({
    lane: 'ontime',
    bucket: benchBucket,
    // Within the first second of the day: before all that is real.
    firstFiledAt: instantAt(n),
    stream: 'annals@2026-01-01T00:00:00.000000000Z',
    shard: 'shardId-000000000000',
    firstSequence: String(n + 1),
    lastSequence: String(n + 1),
    textSha256: '0'.repeat(64),
  });
  const source = join(root, 'tmp', 'named');
  if (n === 0) writeFileSync(source, 'x');
  const path = join(root, 'buckets', 'ledger', key);
  if (n === 0) mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
  linkSync(source, path);
  return namedKey(key);
};

const midnight: Instant = `${benchDate}T00:00:00.000000000Z`;
const instantAt = (n: number): Instant => midnight.replace('.000000000Z', `.${String(n).padStart(9, '0')}Z`);

const finishedRun = async (root: string, n: number, its: readonly ListedKey[]): Promise<FinishedRun> => {
  const views = openPlace(root, 'views');
  const sha256 = n.toString(16).padStart(8, '0').repeat(8);
  const key = segmentKey({ lane: 'ontime', bucket: benchBucket, date: benchDate, n, sha256 });
  await views.create(key, Buffer.from('x'));
  const { etag } = (await views.get(key))!;
  const group: GroupFacts = {
    rows: 5000,
    text_bytes: 6_500_000,
    first_scope_id: 'scope-1',
    last_scope_id: 'scope-2',
    first_occurred_at: midnight,
    last_occurred_at: midnight,
    least_occurred_at: midnight,
    greatest_occurred_at: addDays(midnight, 1),
  };
  const groups = Array.from({ length: groupsOfRun }, () => group);
  const segment: SegmentFacts = {
    ...{ key, bytes: 1, etag, sha256, groups },
    rows: 5000 * groupsOfRun,
    text_bytes: 6_500_000 * groupsOfRun,
    first_filed_at: midnight,
    last_filed_at: midnight,
  };
  return { objects: its.length, keys_sha256: keysSha256(its), rows_sum: '0'.repeat(64), segment };
};
