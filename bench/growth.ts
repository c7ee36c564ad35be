/**
 * growth: an export of 1,000 rows of one day, while the ledger of everybody else grows. The day is compacted, as
 * each past day is; a thousandth of the others' objects share its bucket and its day, and their rows its segments.
 * The floor is the same export among the fewest objects.
 */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Objects } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { filedRowBytes, fileRow } from '#domain/archive/row.ts';
import type { DayFacts } from '#domain/compact/facts.ts';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { segmentKey } from '#domain/compact/layout.ts';
import { arrange, type SegmentRow, writeSegment } from '#domain/compact/segment-file.ts';
import { instantOf, instantOfMilliseconds, nanosecondsOf } from '#domain/time.ts';
import { rowOf } from './archive.ts';
import { engineBuckets, openExportEngine } from './export-engine.ts';
import type { Figure, Heading } from './figure.ts';

const buckets = engineBuckets;
const scope = 'acme';
const own = 1000;
const days = Array.from({ length: 30 }, (_, n) => `2026-06-${String(n + 1).padStart(2, '0')}`);
const day = '2026-06-10';
const month = '2026-06';
const compactedTo = '2026-06-28';
const completeTo = '2026-07-01T00:00:00.000000000Z';
const window = { from: `${day}T00:00:00.000000000Z`, to: '2026-06-11T00:00:00.000000000Z' };
const rounds = 15;
/** A file has at most 65,000 names on ext4. */
const namesOfFile = 50_000;

export type GrowthResult = { objects: number; seconds: number; floorSeconds: number; rows: number };

export const growthHeading: Heading = {
  name: 'growth',
  measures: `seconds for an export of ${own} rows of one compacted day, planned, queried and written`,
  floor: 'the same among the fewest objects of others',
};
export const growthFigure = ({ objects, seconds, floorSeconds, rows }: GrowthResult): Figure => ({
  what: `among ${objects.toLocaleString('en-US')} objects of others`,
  value: seconds,
  floor: floorSeconds,
  unit: 's',
  better: 'less',
  aim: 1.3,
  note: `${rows.toLocaleString('en-US')} rows, one statement`,
});

export const benchGrowth = async (
  say: (text: string) => void,
  sizes: readonly number[],
  add: (result: GrowthResult) => void,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-bench-'));
  try {
    await run(directory, say, sizes, add);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const run = async (
  directory: string,
  say: (text: string) => void,
  sizes: readonly number[],
  add: (result: GrowthResult) => void,
): Promise<void> => {
  const engine = await openExportEngine(directory);
  const exportIt = async (): Promise<number> => {
    const { rows, statements } = await engine.export({ scope_id: scope, ...window }, completeTo);
    if (statements !== 1) throw new Error(`Expected one statement, got ${statements}`);
    return rows;
  };
  const others = new Others(join(directory, 'buckets', 'ledger'), join(directory, 'pool'));
  let floorSeconds: number | undefined;
  for (const objects of sizes) {
    say(`filing ${objects} objects of others`);
    others.growTo(objects);
    await compactOwnBucket(engine, Math.round(objects / (buckets * days.length)));
    const taken: number[] = [];
    let rows = 0;
    for (let round = -1; round < rounds; round++) {
      say(`export among ${objects} objects, round ${round + 1}`);
      const start = performance.now();
      rows = await exportIt();
      if (round >= 0) taken.push((performance.now() - start) / 1000);
    }
    if (rows !== own) throw new Error(`Expected ${own} rows, got ${rows}`);
    // The least: the sizes cannot take turns, and what else runs on the machine only adds to it.
    const seconds = Math.min(...taken);
    floorSeconds ??= seconds;
    add({ objects, seconds, floorSeconds, rows });
  }
  await engine.close();
};

/** Objects that no export of the scope needs: names of a few files, evenly over all buckets and days. */
class Others {
  #count = 0;
  readonly #ledger: string;
  readonly #pool: string;
  readonly #folders = new Set<string>();

  constructor(ledger: string, pool: string) {
    this.#ledger = ledger;
    this.#pool = pool;
    mkdirSync(pool);
  }

  growTo(count: number): void {
    for (; this.#count < count; this.#count++) {
      const n = this.#count;
      const source = join(this.#pool, String(Math.floor(n / namesOfFile)));
      if (n % namesOfFile === 0) writeFileSync(source, gzipSync(lineAt('other', 0)));
      const at = instantOf(
        nanosecondsOf(`${days[Math.floor(n / buckets) % days.length]}T00:00:00.000000000Z`) + BigInt(n),
      );
      const key = objectKey({
        lane: 'ontime',
        bucket: n % buckets,
        firstFiledAt: at,
        stream: 'bench',
        shard: 's',
        firstSequence: String(n),
        lastSequence: String(n),
        textSha256: '0'.repeat(64),
      });
      const path = join(this.#ledger, key);
      const folder = path.slice(0, path.lastIndexOf('/'));
      if (!this.#folders.has(folder)) mkdirSync(folder, { recursive: true });
      this.#folders.add(folder);
      linkSync(source, path);
    }
  }
}

const startMs = Date.parse(`${day}T08:00:00Z`);

const lineAt = (scopeId: string, n: number): Buffer => {
  const row = Buffer.from(rowOf(n, scopeId, startMs + n));
  const line = Buffer.alloc(filedRowBytes(row));
  fileRow(line, 0, row, instantOfMilliseconds(startMs + n + 1));
  return line;
};

/** The day of the export as compact leaves it: the rows of the scope, and so many of its neighbours. */
const compactOwnBucket = async (
  { state, views }: { state: Objects; views: Objects },
  neighbours: number,
): Promise<void> => {
  const lines = [
    ...Array.from({ length: own }, (_, n) => lineAt(scope, n)),
    ...Array.from({ length: neighbours }, (_, n) => lineAt(`other-${n % 20}`, n)),
  ];
  const rows = lines.map((line): SegmentRow => {
    const text = line.subarray(0, -1);
    const read = readFiledLine(text);
    if ('fault' in read) throw new Error(read.fault);
    return { ...orderOf(read.cells), line: text };
  });
  const { bytes, groups } = writeSegment(arrange(rows));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const bucket = bucketOf(scope, buckets);
  for await (const { key } of views.list('segments/')) await views.delete(key);
  const key = segmentKey({ lane: 'ontime', bucket, date: day, n: 0, sha256 });
  await views.create(key, bytes);
  let etag = '';
  for await (const object of views.list(key)) etag = object.etag;
  const facts: DayFacts = {
    date: day,
    lanes: {
      ontime: {
        objects: 1,
        keys_sha256: '0'.repeat(64),
        rows: rows.length,
        text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
        rows_sum: '0'.repeat(64),
        segments: [
          {
            ...{ key, bytes: bytes.length, etag, sha256, rows: rows.length, groups },
            text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
            first_filed_at: instantOfMilliseconds(startMs),
            last_filed_at: completeTo,
          },
        ],
      },
    },
  };
  const compactions = new Compactions(state);
  await compactions.putMonth(
    { format: 1, bucket, month, days: [facts] },
    await compactions.month(bucket, month),
  );
  await compactions.put({ format: 1, bucket, compacted_to: compactedTo }, await compactions.get(bucket));
};
