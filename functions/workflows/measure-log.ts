/** Measures how far the log is behind, and its backlogs: for tick, and for /metrics of an embedded server. */
import { Notices } from '#aws/state/notices.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import type { MetricValues } from '#domain/metrics.ts';
import type { ExportWorld } from './export-world.ts';

export type MeasuredWorld = Pick<ExportWorld, 'watermarks' | 'gaps' | 'jobs' | 'state' | 'buckets' | 'nowMs'>;

/** A bucket that was never filed has no lag to measure. */
export const measureLog = async (world: MeasuredWorld): Promise<MetricValues> => {
  const { nowMs } = world;
  const filed = completeTo(await world.watermarks.all(), allBuckets(world.buckets));
  let openGaps = 0;
  for await (const _ of world.gaps.open()) openGaps += 1;
  let activeExports = 0;
  let oldest = nowMs();
  for await (const { since } of world.jobs.active()) {
    activeExports += 1;
    oldest = Math.min(oldest, since.getTime());
  }
  return {
    ...(filed === undefined ? {} : { FilingLag: Math.max(0, (nowMs() - Date.parse(filed)) / 1000) }),
    OpenGaps: openGaps,
    OpenExports: activeExports,
    UndeliveredNotices: await new Notices(world.state).countUndelivered(),
    OldestOpenExport: (nowMs() - oldest) / 1000,
  };
};
