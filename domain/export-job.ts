/**
 * An export as an event-sourced aggregate: `evolve` folds what happened into the job, `decide…` says what may
 * happen next. Time is an argument. `asked`, `completing` and `failing` are intents: each is recorded first,
 * and what it stands for is carried out from the record alone, so that whoever finds it can carry on.
 *
 * asked → requested → starting → running → completing → succeeded
 *      each of them ↘ failing → failed
 */
import type { ExportSummary } from './export-file.ts';
import type { Statement } from './export-statement.ts';
import { type Instant, instantOfMilliseconds } from './time.ts';
import type { RecordPosition } from './watermark.ts';

export type ExportRole = 'support' | 'operator' | 'admin';

/** What was asked for, by whom, and why. `from` and `to` bound `occurred_at`, half-open. */
export type ExportRequest = {
  scope_id?: string | undefined;
  from?: Instant | undefined;
  to?: Instant | undefined;
  requested_by?: string | undefined;
  reason?: string | undefined;
};

/** Something that may be missing from the answer, as it is told to its reader. */
export type ReportedGap = { bucket: number | null; filed_at: Instant; ended_at: Instant | null };

export type ExportEvent =
  | {
      type: 'asked';
      at: Instant;
      id: string;
      request: ExportRequest;
      role: ExportRole;
      principal: string;
      body_sha256: string;
    }
  /** `heartbeats` have to be filed before the log is read. */
  | { type: 'requested'; at: Instant; heartbeats: RecordPosition[] }
  | {
      type: 'starting';
      at: Instant;
      attempt: number;
      statement: Statement;
      complete_to: Instant;
      token: string;
    }
  | { type: 'running'; at: Instant; attempt: number; query_execution_id: string }
  | { type: 'completing'; at: Instant; result: ExportResult }
  | { type: 'failing'; at: Instant; reason: FailureReason; message: string }
  | { type: 'succeeded'; at: Instant }
  | { type: 'failed'; at: Instant };

/** What a finished export gives; the lists of events stand in the manifest. */
export type ExportResult = Omit<ExportSummary, 'conflicting_events' | 'reused_events'> & {
  bytes_scanned: number;
  gaps: number;
};

export type FailureReason = 'watermark_stalled' | 'query_failed';

export type ExportStatus = ExportEvent['type'];

export type ExportJob = {
  id: string;
  status: ExportStatus;
  /** How many events there are, so the number of the next. */
  length: number;
  request: ExportRequest;
  role: ExportRole;
  principal: string;
  bodySha256: string;
  askedAt: Instant;
  /** When the job came into its present status. */
  since: Instant;
  heartbeats: RecordPosition[];
  attempt: number;
  statement: Statement | undefined;
  completeTo: Instant | undefined;
  token: string | undefined;
  queryExecutionId: string | undefined;
  result: ExportResult | undefined;
  failure: { reason: FailureReason; message: string } | undefined;
};

/** Queries of one export that may fail before it does. */
export const maxAttempts = 3;

/** Folds the next event into the job; the first one makes it. Throws on an order of events that cannot be. */
export const evolve = (job: ExportJob | undefined, event: ExportEvent): ExportJob => {
  if (job === undefined) {
    if (event.type !== 'asked') throw new Error(`An export begins with "asked", got "${event.type}"`);
    return {
      id: event.id,
      status: 'asked',
      length: 1,
      request: event.request,
      role: event.role,
      principal: event.principal,
      bodySha256: event.body_sha256,
      askedAt: event.at,
      since: event.at,
      heartbeats: [],
      attempt: 0,
      statement: undefined,
      completeTo: undefined,
      token: undefined,
      queryExecutionId: undefined,
      result: undefined,
      failure: undefined,
    };
  }
  if (!mayFollow(job.status, event.type))
    throw new Error(`In an export "${event.type}" cannot follow "${job.status}"`);
  const next = { ...job, status: event.type, since: event.at, length: job.length + 1 };
  switch (event.type) {
    case 'requested':
      return { ...next, heartbeats: event.heartbeats };
    case 'starting':
      return {
        ...next,
        attempt: event.attempt,
        statement: event.statement,
        completeTo: event.complete_to,
        token: event.token,
        queryExecutionId: undefined,
      };
    case 'running':
      return { ...next, queryExecutionId: event.query_execution_id };
    case 'completing':
      return { ...next, result: event.result };
    case 'failing':
      return { ...next, failure: { reason: event.reason, message: event.message } };
    default:
      return next;
  }
};

const followers: Record<ExportStatus, readonly ExportStatus[]> = {
  asked: ['requested', 'failing'],
  requested: ['starting', 'failing'],
  starting: ['running', 'failing'],
  running: ['starting', 'completing', 'failing'],
  completing: ['succeeded'],
  failing: ['failed'],
  succeeded: [],
  failed: [],
};

const mayFollow = (status: ExportStatus, next: ExportStatus): boolean => followers[status].includes(next);

export const isOpen = (job: ExportJob): boolean => followers[job.status].length > 0;

/** Whether a job has waited longer than `maxSeconds` for the log to be complete; nothing else waits without end. */
export const decideStalled = (
  job: ExportJob,
  nowMs: number,
  maxSeconds: number,
): Extract<ExportEvent, { type: 'failing' }> | undefined => {
  if (job.status !== 'requested' || nowMs - Date.parse(job.since) < maxSeconds * 1000) return undefined;
  return {
    type: 'failing',
    at: instantOfMilliseconds(nowMs),
    reason: 'watermark_stalled',
    message: `The log was not filed up to the moment of the request within ${maxSeconds} seconds; see the runbook's section on archive`,
  };
};

/** What follows a query that failed: the same statement again, or the end. */
export const decideAfterFailedQuery = (
  job: ExportJob,
  at: Instant,
  message: string,
  token: (attempt: number) => string,
): ExportEvent => {
  if (job.attempt >= maxAttempts) return { type: 'failing', at, reason: 'query_failed', message };
  const attempt = job.attempt + 1;
  return {
    type: 'starting',
    at,
    attempt,
    statement: job.statement!,
    complete_to: job.completeTo!,
    token: token(attempt),
  };
};

/** The job as its reader sees it. */
export const printJob = (job: ExportJob) => ({
  id: job.id,
  status: job.status,
  scope_id: job.request.scope_id ?? null,
  from: job.request.from ?? null,
  to: job.request.to ?? null,
  requested_by: job.request.requested_by ?? null,
  reason: job.request.reason ?? null,
  requested_at: job.askedAt,
  ...(job.status === 'requested'
    ? { waiting_for: 'the log to be filed up to the moment of this request', waiting_since: job.since }
    : {}),
  ...(job.status === 'succeeded' ? { ...job.result!, complete_to: job.completeTo! } : {}),
  ...(job.failure ? { failure: job.failure } : {}),
});
