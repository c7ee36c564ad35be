/**
 * An export job as an event-sourced aggregate: `evolve` folds what happened into the job, `decide…` says what may
 * happen next. Time is an argument. `asked`, `completing` and `failing` are intents: each is recorded first,
 * its own event is recorded in the log from that alone, and the next state follows once that is acknowledged; whoever
 * finds the job can carry it on.
 *
 * asked → requested → starting → running (once a slice) → completing → succeeded
 *      each of them ↘ failing → failed → (retried) asked
 */
import type { Identity, Person } from '#domain/access/caller.ts';
import { actorOf, type SelfAuditEvent, selfAuditActor, type Via } from '#domain/access/self-audit-event.ts';
import type { RecordPosition } from '#domain/archive/watermark.ts';
import { derivedId } from '#domain/derived-id.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { CopyCounts } from './copies.ts';
import type { ExportWarning } from './export-warning.ts';
import type { ExportFilter } from './filter.ts';
import type { ExportFormat } from './format.ts';
import type { Statement } from './statement.ts';

export type ExportRole = Identity['role'];

/** What was asked for, by whom, and why. `from` and `to` bound `occurred_at`, half-open. */
export type ExportRequest = {
  /** Absent: the complete log. */
  scope_id?: string | undefined;
  /** Absent beside an absent `scope_id` in jobs that are older than this member. */
  all_scopes?: true | undefined;
  from?: Instant | undefined;
  to?: Instant | undefined;
  requested_by?: string | undefined;
  reason?: string | undefined;
  filter?: ExportFilter | undefined;
  /** Absent: `csv`. */
  format?: ExportFormat | undefined;
  compression?: 'gzip' | undefined;
};

/** The run of a schedule that a job is: what was filed in `[filed_from, filed_to)`; null is the beginning. */
export type ScheduleRun = {
  schedule_id: string;
  n: number;
  filed_from: Instant | null;
  filed_to: Instant;
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
      person?: Person | undefined;
      body_sha256: string;
      via?: Via | undefined;
      run?: ScheduleRun | undefined;
      /** Somebody asked for the run of the schedule; otherwise its time had come. */
      by_hand?: true | undefined;
    }
  /**
   * `heartbeats` have to be filed before the log is read, and the log to be complete up to `reach`, if that
   * is known.
   */
  | { type: 'requested'; at: Instant; heartbeats: RecordPosition[]; reach?: Instant | undefined }
  | {
      type: 'starting';
      at: Instant;
      attempt: number;
      slices: Statement[];
      complete_to: Instant;
      /** Of the run of a schedule: the least `occurred_at` that it looks back to, where late rows make it look. */
      look_back_to?: Instant | null;
      /** The queries of an earlier attempt that succeeded, of the first slices. */
      done: string[];
    }
  | { type: 'running'; at: Instant; attempt: number; slice: number; query_execution_id: string }
  | { type: 'completing'; at: Instant; result: ExportResult }
  | { type: 'failing'; at: Instant; reason: FailureReason; message: string }
  | { type: 'succeeded'; at: Instant }
  | { type: 'failed'; at: Instant }
  | {
      type: 'retried';
      at: Instant;
      role: ExportRole;
      principal: string;
      person?: Person | undefined;
      via?: Via | undefined;
    };

/** What a finished export gives; the lists of events stand in the manifest. */
export type ExportResult = CopyCounts & {
  bytes: number;
  sha256: string;
  bytes_scanned: number;
  gaps: number;
  /**
   * Of the scope or of all, what was refused and is neither sent again nor dismissed; absent in jobs of
   * earlier releases.
   */
  refused?: number | undefined;
  /** Absent if there are none. */
  warnings?: Omit<ExportWarning, 'first'>[];
};

export type FailureReason =
  | 'watermark_stalled'
  | 'query_failed'
  | 'timed_out'
  | 'not_admin'
  /** The log can't hold the record of the request, or of its end. */
  | 'not_recordable';

/** `retried` makes a job that failed `asked` again. */
export type ExportStatus = Exclude<ExportEvent['type'], 'retried'>;

export type ExportJob = {
  id: string;
  status: ExportStatus;
  /** How many events the job has, which is the number of the next. */
  version: number;
  request: ExportRequest;
  run: ScheduleRun | undefined;
  /** Who asked for it, or for it again. */
  role: ExportRole;
  principal: string;
  person: Person | undefined;
  isByHand: boolean;
  via: Via | undefined;
  bodySha256: string;
  askedAt: Instant;
  /** How often it was retried; the files of each time are apart. */
  retries: number;
  /** When the job came into its present status. */
  since: Instant;
  /** When it last came into each. */
  times: Partial<Record<ExportStatus, Instant>>;
  heartbeats: RecordPosition[];
  reach: Instant | undefined;
  attempt: number;
  /** Queries that failed since it was asked for, or retried. */
  failures: number;
  slices: Statement[];
  completeTo: Instant | undefined;
  lookBackTo: Instant | undefined;
  /** One a slice, as far as they have been started. */
  queryExecutionIds: string[];
  result: ExportResult | undefined;
  failure: { reason: FailureReason; message: string } | undefined;
};

/** Queries of one export that may fail before it does. */
export const maxFailures = 3;

/**
 * What the reader of an export is told of its queries. Never the engine's own words: they may hold paths of the server
 * and rows of others, and are for the operational log.
 */
export const queryMessages = {
  failed:
    `The query failed ${maxFailures} times; ask the operator for the reason, which is in the operational log, ` +
    'and to look for damage with "annals check"',
  refused: 'The query was refused; ask the operator for the reason, which is in the operational log',
  unusable:
    'The output of the query cannot be used; ask the operator for the reason, which is in the operational log',
} as const;

/** Folds the next event into the job; the first one makes it. Throws on an order of events that cannot be. */
export const evolve = (job: ExportJob | undefined, event: ExportEvent): ExportJob => {
  if (job === undefined) {
    if (event.type !== 'asked') throw new Error(`An export begins with "asked", got "${event.type}"`);
    return {
      id: event.id,
      status: 'asked',
      version: 1,
      request: event.request,
      run: event.run,
      role: event.role,
      principal: event.principal,
      person: event.person,
      isByHand: event.by_hand === true,
      via: event.via,
      bodySha256: event.body_sha256,
      askedAt: event.at,
      retries: 0,
      since: event.at,
      times: { asked: event.at },
      heartbeats: [],
      reach: undefined,
      attempt: 0,
      failures: 0,
      slices: [],
      completeTo: undefined,
      lookBackTo: undefined,
      queryExecutionIds: [],
      result: undefined,
      failure: undefined,
    };
  }
  if (!followers[job.status].includes(event.type))
    throw new Error(`In an export "${event.type}" cannot follow "${job.status}"`);
  const status: ExportStatus = event.type === 'retried' ? 'asked' : event.type;
  const next: ExportJob = {
    ...job,
    status,
    since: event.at,
    times: { ...job.times, [status]: event.at },
    version: job.version + 1,
  };
  switch (event.type) {
    case 'requested':
      return { ...next, heartbeats: event.heartbeats, reach: event.reach };
    case 'starting':
      return {
        ...next,
        attempt: event.attempt,
        failures: job.status === 'running' ? job.failures + 1 : job.failures,
        slices: event.slices,
        completeTo: event.complete_to,
        lookBackTo: event.look_back_to ?? undefined,
        queryExecutionIds: event.done,
      };
    case 'running':
      return { ...next, queryExecutionIds: [...job.queryExecutionIds, event.query_execution_id] };
    case 'completing':
      return { ...next, result: event.result };
    case 'failing':
      return { ...next, failure: { reason: event.reason, message: event.message } };
    case 'retried':
      return {
        ...next,
        role: event.role,
        principal: event.principal,
        person: event.person,
        isByHand: true,
        via: event.via,
        retries: job.retries + 1,
        failures: 0,
        failure: undefined,
      };
    default:
      return next;
  }
};

const followers: Record<ExportStatus, readonly ExportEvent['type'][]> = {
  asked: ['requested', 'failing'],
  requested: ['requested', 'starting', 'failing'],
  starting: ['running', 'failing'],
  running: ['running', 'starting', 'completing', 'failing'],
  completing: ['succeeded', 'failing'],
  failing: ['failed'],
  succeeded: [],
  failed: ['retried'],
};

export const isOpen = ({ status }: ExportJob): boolean => status !== 'succeeded' && status !== 'failed';

/** The decision that a job fails. The message may come from anywhere: it is cut, so that the log can hold it. */
export const failing = (
  at: Instant,
  reason: FailureReason,
  message: string,
): Extract<ExportEvent, { type: 'failing' }> => ({
  type: 'failing',
  at,
  reason,
  message: message.slice(0, maxMessageCharacters).replaceAll(/\p{Cs}/gu, '\ufffd'),
});

const maxMessageCharacters = 2000;

/** How long a job may wait: for the log to be filed, and for everything together. */
export type Patience = { stallSeconds: number; openSeconds: number };

/**
 * The end of a job that has waited too long: nothing waits for ever. What only waits for the stream to take
 * the record of its end has no bound, since that end is decided.
 */
export const decideOverdue = (
  job: ExportJob,
  nowMs: number,
  { stallSeconds, openSeconds }: Patience,
): Extract<ExportEvent, { type: 'failing' }> | undefined => {
  const isWaiting = (since: Instant, seconds: number): boolean => nowMs - Date.parse(since) >= seconds * 1000;
  const fail = (reason: FailureReason, message: string) =>
    failing(instantOfMilliseconds(nowMs), reason, message);
  if (job.status === 'requested' && isWaiting(job.since, stallSeconds))
    return fail(
      'watermark_stalled',
      `The log was not filed up to the moment of the request within ${stallSeconds} seconds; see the runbook's section on archive`,
    );
  const isBounded = (['asked', 'requested', 'starting', 'running'] as const).some(
    status => status === job.status,
  );
  if (isBounded && isWaiting(job.times.asked!, openSeconds))
    return fail('timed_out', `The export was still ${job.status} after ${openSeconds} seconds; retry it`);
  return undefined;
};

/** What follows a query that failed: its slice again and those after it, or the end. */
export const decideAfterFailedQuery = (
  job: ExportJob,
  at: Instant,
  message: string,
  done: readonly string[],
): ExportEvent =>
  job.failures + 1 >= maxFailures
    ? failing(at, 'query_failed', message)
    : {
        type: 'starting',
        at,
        attempt: job.attempt + 1,
        slices: job.slices,
        complete_to: job.completeTo!,
        look_back_to: job.lookBackTo ?? null,
        done: [...done],
      };

/** Athena's idempotency token: the same slice of the same attempt is the same query, however often it is started. */
export const queryToken = ({ id, attempt }: ExportJob, slice: number): string =>
  `${derivedId(id, attempt, slice)}-annals`;

const aboutJob = ({ id, request, run }: ExportJob) => ({
  target: { id, type: 'export' },
  scopeId: request.scope_id,
  about: {
    ...(request.all_scopes ? { all_scopes: true } : {}),
    requested_by: request.requested_by ?? null,
    reason: request.reason ?? null,
    from: request.from ?? null,
    to: request.to ?? null,
    ...(request.filter ? { filter: request.filter } : {}),
    ...(request.format ? { format: request.format } : {}),
    ...(run ? { schedule: run } : {}),
  },
});

/** The event of the log that an intent of a job is, from its record alone. */
export const selfAuditEventOf = (job: ExportJob): SelfAuditEvent => {
  const { target, scopeId, about } = aboutJob(job);
  const of = (action: 'request' | 'complete' | 'fail') => ({
    action: `export.${action}` as const,
    id: derivedId('export', job.id, job.retries, action),
    at: job.since,
    target,
    scopeId,
  });
  switch (job.status) {
    case 'asked':
      return {
        ...of('request'),
        actor: job.run && !job.isByHand ? selfAuditActor : actorOf(job),
        success: true,
        payload: about,
        via: job.via,
      };
    case 'completing': {
      const { sha256, rows, duplicates, conflicts, reused_ids, gaps, bytes } = job.result!;
      const payload = { ...about, rows, duplicates, conflicts, reused_ids, gaps, bytes, sha256 };
      return { ...of('complete'), actor: selfAuditActor, success: true, payload, via: undefined };
    }
    case 'failing':
      return {
        ...of('fail'),
        actor: selfAuditActor,
        success: false,
        payload: { ...about, ...job.failure! },
        via: undefined,
      };
    default:
      throw new Error(`"${job.status}" is no intent`);
  }
};

/** The job as its reader sees it. */
export const printJob = (job: ExportJob) => ({
  id: job.id,
  status: job.status,
  scope_id: job.request.scope_id ?? null,
  ...(job.request.scope_id === undefined ? { all_scopes: true } : {}),
  from: job.request.from ?? null,
  to: job.request.to ?? null,
  requested_by: job.request.requested_by ?? null,
  reason: job.request.reason ?? null,
  requested_at: job.askedAt,
  ...(job.request.filter ? { filter: job.request.filter } : {}),
  format: job.request.format ?? 'csv',
  ...(job.request.compression ? { compression: job.request.compression } : {}),
  ...(job.run ? { schedule: job.run } : {}),
  ...(job.retries > 0 ? { retries: job.retries } : {}),
  ...(job.status === 'requested'
    ? { waiting_for: 'the log to be filed up to the moment of this request', waiting_since: job.since }
    : {}),
  ...(job.status === 'starting' || job.status === 'running'
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
