/**
 * An export job as an event-sourced aggregate: `evolve` folds what happened into the job. `created`, `completing` and
 * `failing` are intents: each is stored first, its event is recorded in the log from that alone, and the next status
 * follows once that is acknowledged; whoever finds the job can advance it.
 *
 * created → waiting → planned → running (once a slice) → completing → succeeded
 *      each of them ↘ failing → failed → (retried) created
 */
import type { Identity, Person } from '#domain/access/caller.ts';
import type { Via } from '#domain/access/self-audit-event.ts';
import type { RecordPosition } from '#domain/archive/watermark.ts';
import type { Instant } from '#domain/time.ts';
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
  /** Only what was filed before; absent: all that is filed when the log is read. */
  complete_to?: Instant | undefined;
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

/** Something that may be missing from the export, as its reader sees it. */
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
      /** Of the run of a schedule: the least `occurred_at` of its late rows, as far back as it reads. */
      look_back_to?: Instant | null;
      /** The queries of an earlier attempt that succeeded, of the first slices. */
      done: string[];
      /**
       * By the name of a bucket, the last day that is read from segments; later ones are read from the ledger, and
       * so are all days of a bucket that is absent. Absent if no segment is read.
       */
      compacted_to?: Record<string, string>;
      /** Of the keys and hashes of these segments. */
      segments_sha256?: string;
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

/** The counts of a finished export; the lists of events are in the manifest. */
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

/**
 * The statuses of a job, in their order. The word beside each is its name in the HTTP API and the type of the stored
 * event that leads to it: both are contracts, so those words stay.
 */
export const exportStatuses = {
  /** Its request is stored; the log does not hold the record of that yet. */
  created: 'asked',
  /** The log holds the record of the request; the job waits until the log is filed up to there. */
  waiting: 'requested',
  /** What it holds is fixed, and cut into slices; the query of the next slice has not started. */
  planned: 'starting',
  /** The query of a slice runs. */
  running: 'running',
  /** Its file is written; the log does not hold the record of that yet. */
  completing: 'completing',
  /** It is decided to fail; the log does not hold the record of that yet. */
  failing: 'failing',
  succeeded: 'succeeded',
  failed: 'failed',
} as const;

export type ExportStatus = keyof typeof exportStatuses;

/** The status as the HTTP API names it. */
export const printStatus = ({ status }: Pick<ExportJob, 'status'>): (typeof exportStatuses)[ExportStatus] =>
  exportStatuses[status];

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
  requestedAt: Instant;
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
  /** By bucket: the last day that is read from segments. */
  compactedTo: Readonly<Record<string, string>>;
  segmentsSha256: string | undefined;
  /** One a slice, as far as they have been started. */
  queryExecutionIds: string[];
  result: ExportResult | undefined;
  failure: { reason: FailureReason; message: string } | undefined;
};

/** Folds the next event into the job; the first one makes it. Throws on an order of events that cannot be. */
export const evolve = (job: ExportJob | undefined, event: ExportEvent): ExportJob => {
  if (job === undefined) {
    if (event.type !== 'asked') throw new Error(`An export begins with "asked", got "${event.type}"`);
    return {
      id: event.id,
      status: 'created',
      version: 1,
      request: event.request,
      run: event.run,
      role: event.role,
      principal: event.principal,
      person: event.person,
      isByHand: event.by_hand === true,
      via: event.via,
      bodySha256: event.body_sha256,
      requestedAt: event.at,
      retries: 0,
      since: event.at,
      times: { created: event.at },
      heartbeats: [],
      reach: undefined,
      attempt: 0,
      failures: 0,
      slices: [],
      completeTo: undefined,
      lookBackTo: undefined,
      compactedTo: {},
      segmentsSha256: undefined,
      queryExecutionIds: [],
      result: undefined,
      failure: undefined,
    };
  }
  if (!followers[job.status].includes(event.type))
    throw new Error(`In an export "${event.type}" cannot follow "${printStatus(job)}"`);
  const status = statusAfter[event.type];
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
        compactedTo: event.compacted_to ?? {},
        segmentsSha256: event.segments_sha256,
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

const statusAfter: Record<ExportEvent['type'], ExportStatus> = {
  asked: 'created',
  requested: 'waiting',
  starting: 'planned',
  running: 'running',
  completing: 'completing',
  failing: 'failing',
  succeeded: 'succeeded',
  failed: 'failed',
  retried: 'created',
};

const followers: Record<ExportStatus, readonly ExportEvent['type'][]> = {
  created: ['requested', 'failing'],
  waiting: ['requested', 'starting', 'failing'],
  planned: ['running', 'failing'],
  running: ['running', 'starting', 'completing', 'failing'],
  completing: ['succeeded', 'failing'],
  failing: ['failed'],
  succeeded: [],
  failed: ['retried'],
};

export const isOpen = ({ status }: ExportJob): boolean => status !== 'succeeded' && status !== 'failed';
