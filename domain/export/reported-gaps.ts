/** What may be missing from the answer of an export. */
import { type Gap, isReported } from '#domain/archive/gap.ts';
import type { ExportJob, ReportedGap } from './job.ts';

/** Of an export, from the beginning of its window on; of a run of a schedule, what was filed in its window. */
export const reportedGaps = (
  { run, request, completeTo }: Pick<ExportJob, 'run' | 'request' | 'completeTo'>,
  buckets: readonly number[],
  gaps: readonly Gap[],
): ReportedGap[] =>
  gaps
    .filter(gap =>
      run
        ? isReported(gap, buckets, undefined, completeTo!) &&
          (run.filed_from === null || gap.filedAt >= run.filed_from) &&
          gap.filedAt < run.filed_to
        : isReported(gap, buckets, request.from, completeTo!),
    )
    .map(({ bucket, filedAt, endedAt }) => ({
      bucket: bucket ?? null,
      filed_at: filedAt,
      ended_at: endedAt ?? null,
    }));
