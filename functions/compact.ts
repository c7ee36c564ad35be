/**
 * Runs every quarter of an hour, and makes segments of the days that have closed, and for browse of what is filed
 * since. A run that is cut by its timeout loses the segment that it was at; the next run goes on after the last one
 * that is recorded.
 */
import { openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openLedger, openState, openViews, requireConfigured } from '#aws/open.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Leases } from '#aws/state/leases.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import { runLimits } from '#domain/compact/cut.ts';
import { leastObjects } from '#domain/compact/recent.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';
import { logMetrics, type Metrics } from '#functions/runtime/metrics.ts';
import { compactBuckets } from '#functions/workflows/compact-buckets.ts';
import { type CompactWorld, inThisThread } from '#functions/workflows/compact-world.ts';

/** Longer than Lambda lets a run go on. */
const leaseMs = 16 * 60_000;
/** A run begins nothing with less time than this left: a segment takes less, on the memory that compact has. */
const reservedMs = 2 * 60_000;
/** What is kept for the days that are not closed. */
const reservedForRecentMs = 3 * 60_000;

export const compact =
  (world: CompactWorld) =>
  async (_event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
    const hasTime = (neededMs: number) => (): boolean => context.getRemainingTimeInMillis() > neededMs;
    await compactBuckets(world, hasTime(reservedMs + reservedForRecentMs), hasTime(reservedMs));
  };

export const createCompactWorld = (
  configuration: ConfigurationOf<'compact'>,
  s3: S3,
  metrics: Metrics,
): CompactWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  return {
    ledger: openLedger(s3, configuration),
    views: openViews(s3, configuration),
    compactions: new Compactions(state),
    watermarks: new Watermarks(state),
    leases: new Leases(state, Date.now),
    isFrozen: (bucket, date) => isFrozen(new ExportJobs(state), bucket, date),
    maker: inThisThread(new SegmentMaker(buckets)),
    buckets,
    limits: runLimits,
    leastRecentObjects: leastObjects,
    leaseMs,
    nowMs: Date.now,
    log,
    metrics,
  };
};

/** Whether an open export reads the segments of this day, or may do so in its next attempt. */
const isFrozen = async (jobs: ExportJobs, bucket: number, date: string): Promise<boolean> => {
  for await (const { id } of jobs.active()) {
    const frozen = (await jobs.get(id))?.compactedTo[bucketName(bucket)];
    if (frozen !== undefined && frozen >= date) return true;
  }
  return false;
};

export const handler = lambda(async () => {
  const configuration = readEnvironment('compact', process.env);
  await requireConfigured(openS3(), configuration);
  return compact(createCompactWorld(configuration, openS3(), logMetrics(configuration.ANNALS_INSTALLATION)));
});
