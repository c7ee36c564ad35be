/** What is beside a file: what was requested, what was read, and what may be missing. */
import { printPerson } from '#domain/access/caller.ts';
import { printPrincipal } from '#domain/access/principal.ts';
import type { Instant } from '#domain/time.ts';
import type { Conflict, EventKey } from './copies.ts';
import type { ExportWarning } from './export-warning.ts';
import type { ExportSummary } from './file.ts';
import type { ExportJob, ReportedGap } from './job.ts';
import { costOf } from './slices.ts';

export type Manifest = ReturnType<typeof makeManifest>;

type Bounds = { from: Instant | null; to: Instant | null };
/** In `occurred_at`; for a run of a schedule, in `filed_at`. */
export type ManifestWindow = { field: 'occurred_at' | 'filed_at' } & Bounds;

type Completed = {
  job: ExportJob;
  summary: ExportSummary;
  warnings: readonly ExportWarning[];
  gaps: readonly ReportedGap[];
  refused: number;
  /** For each query. */
  bytesScanned: readonly number[];
  completedAt: Instant;
};

export const makeManifest = ({
  job,
  summary,
  warnings,
  gaps,
  refused,
  bytesScanned,
  completedAt,
}: Completed) => ({
  id: job.id,
  scope_id: job.request.scope_id ?? null,
  all_scopes: job.request.scope_id === undefined,
  requested_by: job.request.requested_by ?? null,
  reason: job.request.reason ?? null,
  run_by: { role: job.role, principal: printPrincipal(job.principal), ...printPerson(job.person) },
  requested_at: job.requestedAt,
  window: windowOf(job),
  schedule: job.run
    ? {
        ...job.run,
        look_back_to: job.lookBackTo ?? null,
        // The names in earlier manifests; their readers need not change.
        id: job.run.schedule_id,
        run: job.run.n,
      }
    : null,
  complete_to: job.completeTo!,
  filter: job.request.filter ?? null,
  rows_read: summary.rows + summary.duplicates + summary.in_earlier_runs + summary.filtered,
  rows: summary.rows,
  duplicates: summary.duplicates,
  in_earlier_runs: summary.in_earlier_runs,
  filtered: summary.filtered,
  conflicts: { events: summary.conflicts, first: summary.conflicting_events as Conflict[] },
  reused_ids: { events: summary.reused_ids, first: summary.reused_events as EventKey[] },
  /**
   * For the events of the file: how many were larger than an event may be, and how many have each warning
   * code.
   */
  truncated: summary.event_warnings.truncated ?? 0,
  event_warnings: summary.event_warnings,
  gaps: [...gaps],
  refused,
  warnings: [...warnings],
  format: job.request.format ?? 'csv',
  compression: job.request.compression ?? null,
  bytes: summary.bytes,
  sha256: summary.sha256,
  slices: job.slices.length,
  bytes_scanned: bytesScanned.reduce((sum, bytes) => sum + bytes, 0),
  estimated_cost_usd: costOf(bytesScanned),
  /** When each step began. */
  times: {
    asked: job.times.created!,
    requested: job.times.waiting!,
    starting: job.times.planned!,
    running: job.times.running!,
    completed: completedAt,
  },
});

const windowOf = ({ request, run }: ExportJob): ManifestWindow =>
  run
    ? { field: 'filed_at', from: run.filed_from, to: run.filed_to }
    : { field: 'occurred_at', from: request.from ?? null, to: request.to ?? null };
