/** Compacts the closed days of an installation on one machine, beside everything else that it does. */
import type { RunLimits } from '#domain/compact/cut.ts';
import { createCompactWorld } from '#functions/compact.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import { compactBuckets } from '#functions/workflows/compact-buckets.ts';
import type { CompactWorld } from '#functions/workflows/compact-world.ts';
import { ThreadedMaker } from './threaded-maker.ts';

export const defaultCompactMs = 15 * 60_000;
/** The first run waits, so that a start has the disk for itself. */
const firstAfterMs = 60_000;
/** Half of what a Lambda takes, since the process has other things in memory. */
const limits: RunLimits = { rows: 50_000, textBytes: 48 * 1024 * 1024 };

type Opening = {
  configuration: Parameters<typeof createCompactWorld>[0];
  s3: Parameters<typeof createCompactWorld>[1];
  everyMs: number | undefined;
  metrics?: Metrics | undefined;
  log: Log;
  /** Runs the work in the background, once at a time. */
  onceAtATime(name: string, work: () => Promise<unknown>): () => void;
};

/** Returns the world in which it compacts, and how to stop. */
export const startCompaction = ({
  configuration,
  s3,
  everyMs = defaultCompactMs,
  metrics = () => undefined,
  log,
  onceAtATime,
}: Opening): { world: CompactWorld; stop(): Promise<void> } => {
  const maker = new ThreadedMaker(configuration.ANNALS_BUCKETS);
  const world: CompactWorld = {
    ...createCompactWorld(configuration, s3, metrics),
    maker,
    limits,
    // The process that had it before is dead: it holds the data directory alone.
    leaseMs: 0,
    log,
  };
  let isStopping = false;
  const run = onceAtATime('compact', async () => {
    try {
      await compactBuckets(world, () => !isStopping);
    } finally {
      await maker.close();
    }
  });
  const first = setTimeout(run, Math.min(firstAfterMs, everyMs));
  const timer = setInterval(run, everyMs);
  return {
    world,
    async stop() {
      isStopping = true;
      clearTimeout(first);
      clearInterval(timer);
      await maker.end();
    },
  };
};
