/** What stands beside a CSV: what was asked, what was read, and what may be missing. */
import type { EventKey, ExportSummary } from './export-file.ts';
import type { ExportJob, ReportedGap } from './export-job.ts';
import type { Instant } from './time.ts';

export type Manifest = ReturnType<typeof makeManifest>;

export const makeManifest = (
  job: ExportJob,
  summary: ExportSummary,
  gaps: readonly ReportedGap[],
  bytesScanned: number,
) => ({
  id: job.id,
  scope_id: job.request.scope_id ?? null,
  requested_by: job.request.requested_by ?? null,
  reason: job.request.reason ?? null,
  run_by: { role: job.role, principal: job.principal },
  requested_at: job.askedAt,
  window: { field: 'occurred_at', from: job.request.from ?? null, to: job.request.to ?? null } as {
    field: 'occurred_at';
    from: Instant | null;
    to: Instant | null;
  },
  complete_to: job.completeTo!,
  rows_read: summary.rows + summary.duplicates,
  rows: summary.rows,
  duplicates: summary.duplicates,
  conflicts: { events: summary.conflicts, first: summary.conflicting_events as EventKey[] },
  reused_ids: { events: summary.reused_ids, first: summary.reused_events as EventKey[] },
  gaps,
  bytes: summary.bytes,
  sha256: summary.sha256,
  bytes_scanned: bytesScanned,
});
