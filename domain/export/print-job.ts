/** An export job as the HTTP API answers it. */
import { type ExportJob, printStatus } from './job.ts';

export const printJob = (job: ExportJob) => ({
  id: job.id,
  status: printStatus(job),
  scope_id: job.request.scope_id ?? null,
  ...(job.request.scope_id === undefined ? { all_scopes: true as const } : {}),
  from: job.request.from ?? null,
  to: job.request.to ?? null,
  requested_by: job.request.requested_by ?? null,
  reason: job.request.reason ?? null,
  requested_at: job.requestedAt,
  ...(job.request.filter ? { filter: job.request.filter } : {}),
  ...(job.request.complete_to === undefined ? {} : { complete_to: job.request.complete_to }),
  format: job.request.format ?? 'csv',
  ...(job.request.compression ? { compression: job.request.compression } : {}),
  ...(job.run ? { schedule: job.run } : {}),
  ...(job.retries > 0 ? { retries: job.retries } : {}),
  ...(job.status === 'waiting'
    ? { waiting_for: 'the log to be filed up to the moment of this request', waiting_since: job.since }
    : {}),
  ...(job.status === 'planned' || job.status === 'running'
    ? {
        progress: {
          slices_done: Math.max(0, job.queryExecutionIds.length - (job.status === 'running' ? 1 : 0)),
          slices: job.slices.length,
        },
      }
    : {}),
  ...(job.status === 'succeeded' ? { ...job.result!, complete_to: job.completeTo! } : {}),
  ...(job.failure ? { failure: job.failure } : {}),
});
