/** The process in which `bench/compact.ts` compacts a day, or has DuckDB copy it. Prints seconds and peak memory. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Compactions } from '#aws/state/compactions.ts';
import { Leases } from '#aws/state/leases.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { columns } from '#domain/archive/columns.ts';
import { runLimits } from '#domain/compact/cut.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { compactBucket } from '#functions/workflows/compact-bucket.ts';
import { type CompactWorld, inThisThread } from '#functions/workflows/compact-world.ts';
import { benchBucket, benchBuckets, openPlace } from './compact.ts';

const [root, what] = process.argv.slice(2) as [string, string];

/** Seconds by the clock, and of CPU. */
type Taken = { seconds: number; cpuSeconds: number };

const timed = async (work: () => Promise<unknown>): Promise<Taken> => {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
};

const compact = async (): Promise<Taken> => {
  const state = openPlace(root, 'state');
  let nowMs = Date.parse('2026-11-21T12:00:00Z');
  const world: CompactWorld = {
    ledger: openPlace(root, 'ledger'),
    views: openPlace(root, 'views'),
    compactions: new Compactions(state),
    watermarks: new Watermarks(state),
    leases: new Leases(state, () => nowMs),
    isFrozen: async () => false,
    maker: inThisThread(new SegmentMaker(benchBuckets)),
    buckets: benchBuckets,
    limits: runLimits,
    leastRecentObjects: Number.POSITIVE_INFINITY,
    leaseMs: 60_000,
    nowMs: () => nowMs,
    log: () => undefined,
    metrics: () => undefined,
  };
  const watermarks = await world.watermarks.all();
  const run = { bucket: benchBucket, watermarks, hasTime: () => true };
  await compactBucket(world, run);
  nowMs += 10 * 60_000;
  const taken = await timed(() => compactBucket(world, run));
  if ((await world.compactions.get(benchBucket)).record.compacted_to !== '2026-11-20')
    throw new Error('The day was not compacted');
  return taken;
};

const copy = async (): Promise<Taken> => {
  // Ten million rows would take all memory otherwise.
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '4GiB',
    temp_directory: join(root, 'spilled'),
  });
  const connection = await instance.connect();
  const types = columns.map(({ name, type }) => `'${name}': '${type}'`).join(', ');
  const objects = join(root, 'buckets', 'ledger', '**', '*.json.gz');
  return timed(() =>
    connection.run(
      `copy (from read_json('${objects}', format = 'newline_delimited', columns = {${types}}) ` +
        `order by scope_id, occurred_at, id, filed_at) to '${join(root, 'floor.parquet')}' ` +
        "(format parquet, codec 'gzip', row_group_size 5000)",
    ),
  );
};

const taken = await (what === 'compact' ? compact() : copy());
// In KiB on Linux.
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ ...taken, peakRssMiB }));
