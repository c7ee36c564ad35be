/**
 * Carries an export as far as it can go now. Whoever finds an open job may call it, at any time and side by
 * side: each step is recorded by an append that only one of them can make, and what a step does outside the
 * record can be done twice. Shared by export, finish and tick; itself no Lambda.
 */
import type { AthenaClient } from '@aws-sdk/client-athena';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import type { ConfigurationOf } from '#aws/environment.ts';
import { Ledger } from '#aws/ledger.ts';
import { hasStatus, Objects } from '#aws/objects.ts';
import { Query, type QueryStatus } from '#aws/query.ts';
import { NotRecordable, SelfAudit } from '#aws/self-audit.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Leases } from '#aws/state/leases.ts';
import { Notices } from '#aws/state/notices.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { Stream } from '#aws/stream.ts';
import { heartbeat } from '#domain/archive/pack.ts';
import { completeTo, filedUntil, latestFiled, type RecordPosition } from '#domain/archive/watermark.ts';
import { UnreadableOutput } from '#domain/export/file.ts';
import {
  decideAfterFailedQuery,
  decideOverdue,
  type ExportEvent,
  type ExportJob,
  type ExportResult,
  failing,
  isOpen,
  type Patience,
  queryToken,
  selfAuditEventOf,
} from '#domain/export/job.ts';
import { finishLeaseKey, queryIndexKey, queryOutputKey } from '#domain/export/layout.ts';
import type { Outcome } from '#domain/export/notification.ts';
import { maxSliceBytes } from '#domain/export/slices.ts';
import { NoLiteral } from '#domain/export/sql-literal.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import { deliverAtOnce, type NoticeWorld, recordNotice, type SendNotice } from './deliver-notices.ts';
import { bucketsOf, planExport } from './plan-export.ts';
import { completeExport } from './write-export.ts';

/** Keeps the notice for somebody outside that an export has come to its end; may be called twice. */
export type Notify = (job: ExportJob, outcome: Outcome) => Promise<void>;

export type ExportWorld = {
  buckets: number;
  stream: Stream;
  ledger: Ledger;
  state: Objects;
  results: Objects;
  jobs: ExportJobs;
  watermarks: Watermarks;
  gaps: Gaps;
  query: Query;
  selfAudit: SelfAudit;
  notify: Notify;
  /** Does what an end allows to be done; must not throw. */
  afterEnd?: (job: ExportJob) => Promise<void>;
  /** The notices that tick tries; undefined if something else does. */
  delivery?: NoticeWorld | undefined;
  /** The files that this process writes, and the ends that it tells. */
  finishing: SingleFlight<ExportResult>;
  telling: SingleFlight<void>;
  patience: Patience;
  maxSliceBytes: number;
  /** How long a sweep leaves an ended query to the finish that is told of it. */
  leaveToFinishMs: number;
  /** How long writing a file may take whoever has begun it; 0 where there is but one process. */
  finishLeaseMs: number;
  leases: Leases;
  nowMs(): number;
  log: Log;
  metrics: Metrics;
};

/**
 * Who calls: `start` only asks and starts; `finish` has been told that the query has ended; `sweep` looks
 * after both.
 */
export type Trigger = 'api' | 'query-ended' | 'tick';

/** Athena's news of an end takes seconds where it comes at all. */
const defaultLeaveToFinishMs = 60_000;
/** Longer than Lambda lets finish or tick run. */
const defaultFinishLeaseMs = 16 * 60_000;

/** Gives the job as it stands then; undefined where there is none of this id. Throws where the world is broken. */
export const advanceExport = async (
  world: ExportWorld,
  id: string,
  trigger: Trigger,
): Promise<ExportJob | undefined> => {
  let job = await world.jobs.get(id);
  while (job && isOpen(job)) {
    const event: ExportEvent | undefined = await nextEvent(world, job, trigger);
    if (event === undefined) return job;
    const next: ExportJob | undefined = await world.jobs.append(job, event);
    if (next?.status === 'succeeded') world.metrics({ SucceededExports: 1 });
    if (next?.status === 'failed') world.metrics({ FailedExports: 1 });
    if (next) await dropOutputs(world, job, next);
    if (next && !isOpen(next)) await world.afterEnd?.(next);
    // Somebody else has appended: read again, and see what is to be done now.
    job = next ?? (await world.jobs.get(id));
  }
  return job;
};

/** Lets go of the outputs of queries that another attempt has taken the place of. */
const dropOutputs = async ({ results }: ExportWorld, before: ExportJob, after: ExportJob): Promise<void> => {
  if (after.status !== 'starting') return;
  for (const query of before.queryExecutionIds)
    if (!after.queryExecutionIds.includes(query)) await results.delete(queryOutputKey(query));
};

const nextEvent = async (
  world: ExportWorld,
  job: ExportJob,
  trigger: Trigger,
): Promise<ExportEvent | undefined> => {
  const overdue = decideOverdue(job, world.nowMs(), world.patience);
  try {
    const event = await step(world, job, trigger);
    // What can be done now is done, however late it is.
    return event ?? overdue;
  } catch (error) {
    if (!overdue) throw error;
    world.log('error', 'An export that is overdue could not be carried on', {
      export_id: job.id,
      ...errorFacts(error),
    });
    return overdue;
  }
};

const step = (world: ExportWorld, job: ExportJob, trigger: Trigger): Promise<ExportEvent | undefined> => {
  switch (job.status) {
    case 'asked':
      return request(world, job);
    case 'requested':
      return freeze(world, job);
    case 'starting':
      return start(world, job, job.queryExecutionIds.length);
    case 'running':
      return checkQuery(world, job, trigger);
    default:
      return conclude(world, job);
  }
};

const now = (world: ExportWorld): Instant => instantOfMilliseconds(world.nowMs());

/** Records in the log what the job intends; false if the log can never hold that. Throws if it does not now. */
const isRecorded = async (world: ExportWorld, job: ExportJob): Promise<boolean> => {
  try {
    await world.selfAudit.record(selfAuditEventOf(job));
    return true;
  } catch (error) {
    if (!(error instanceof NotRecordable)) throw error;
    world.log('error', 'The log cannot hold what an export intends', {
      export_id: job.id,
      status: job.status,
      ...errorFacts(error),
    });
    return false;
  }
};

/**
 * Records in the log that it was asked for, and then marks in every bucket the moment of the request: what was
 * acknowledged before, that record too, is filed before the mark.
 */
const request = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  if (!(await isRecorded(world, job)))
    return failing(now(world), 'not_recordable', 'The log cannot hold the record of the request');
  return { type: 'requested', at: now(world), heartbeats: await mark(world, bucketsOf(world, job)) };
};

const mark = ({ stream }: ExportWorld, buckets: readonly number[]): Promise<RecordPosition[]> =>
  stream.putAll(buckets.map(bucket => ({ bucket, data: heartbeat() })));

/** SingleFlight the log is filed up to the request, fixes what the export holds; until then nothing. */
const freeze = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent | undefined> => {
  if (!(await world.watermarks.haveReached(job.heartbeats))) return undefined;
  const buckets = bucketsOf(world, job);
  const watermarks = await world.watermarks.all();
  const complete_to = completeTo(watermarks, buckets);
  // Its heartbeat was passed over (the event source gave it up), or filed by a clock that is behind the window's end:
  // the next one of tick's will do.
  if (complete_to === undefined || (job.run && complete_to < job.run.filed_to)) return undefined;
  // Each bucket has a clock of its own: what one filed before its mark may be later than another's mark, and would be
  // left out. Those that are behind are marked once more; should that not do, the next heartbeat of tick's will.
  const reach = job.reach ?? latestFiled(watermarks, buckets);
  if (reach !== undefined && complete_to < reach) {
    if (job.reach !== undefined) return undefined;
    const behind = buckets.filter(bucket => filedUntil(watermarks, bucket)! < reach);
    return { type: 'requested', at: now(world), heartbeats: await mark(world, behind), reach };
  }
  const end = job.run ? job.run.filed_to : complete_to;
  try {
    const { statements, lookBackTo } = await planExport(world, job, end);
    return {
      type: 'starting',
      at: now(world),
      attempt: job.attempt + 1,
      slices: statements,
      complete_to: end,
      look_back_to: lookBackTo ?? null,
      done: [],
    };
  } catch (error) {
    if (!(error instanceof NoLiteral)) throw error;
    return failing(now(world), 'query_failed', `The query cannot be written: ${error.message}`);
  }
};

const start = async (world: ExportWorld, job: ExportJob, slice: number): Promise<ExportEvent> => {
  let query_execution_id: string;
  try {
    query_execution_id = await world.query.start(job.slices[slice]!, queryToken(job, slice));
  } catch (error) {
    // Refused for good; whatever else (too many queries at once, say) is tried again.
    if ((error as Error).name !== 'InvalidRequestException' && !(error instanceof NoLiteral)) throw error;
    return failing(now(world), 'query_failed', `The query was refused: ${(error as Error).message}`);
  }
  // The state change names the query alone; written first, so that it finds the job however early it comes.
  await world.state.create(
    queryIndexKey(query_execution_id),
    Buffer.from(`${JSON.stringify({ export_id: job.id })}\n`),
  );
  return { type: 'running', at: now(world), attempt: job.attempt, slice, query_execution_id };
};

/** Looks at the query of the slice that runs: the next slice follows it, or the file. */
const checkQuery = async (
  world: ExportWorld,
  job: ExportJob,
  trigger: Trigger,
): Promise<ExportEvent | undefined> => {
  if (trigger === 'api') return undefined;
  const slice = job.queryExecutionIds.length - 1;
  const done = job.queryExecutionIds.slice(0, -1);
  const status = await world.query.status(job.queryExecutionIds[slice]!);
  if (status.state === 'running') return undefined;
  if (status.state === 'failed') return decideAfterFailedQuery(job, now(world), status.message, done);
  if (slice + 1 < job.slices.length) return start(world, job, slice + 1);
  if (trigger === 'tick' && world.nowMs() - status.completedAt.getTime() < world.leaveToFinishMs)
    return undefined;
  return finishFile(world, job, status);
};

const finishFile = async (
  world: ExportWorld,
  job: ExportJob,
  last: Extract<QueryStatus, { state: 'succeeded' }>,
): Promise<ExportEvent | undefined> => {
  const { finishLeaseMs, leases } = world;
  const lease = finishLeaseMs > 0 ? finishLeaseKey(job.id, job.version) : undefined;
  if (lease !== undefined && !(await leases.take(lease, finishLeaseMs))) return undefined;
  try {
    const result = await world.finishing.run(`${job.id} ${job.version}`, () =>
      completeExport(world, job, last),
    );
    return { type: 'completing', at: now(world), result };
  } catch (error) {
    if (!(error instanceof UnreadableOutput) && !hasStatus(error, 404)) {
      // A world that is broken for a moment: whoever looks next need not wait for the lease to end.
      if (lease !== undefined)
        await leases.giveBack(lease).catch(failure =>
          world.log('error', 'The lease of a finish could not be given back; it ends by itself', {
            export_id: job.id,
            ...errorFacts(failure),
          }),
        );
      throw error;
    }
    const message = `The output of the query cannot be used: ${(error as Error).message}`;
    return decideAfterFailedQuery(job, now(world), message, []);
  }
};

/** The end is decided: it is recorded in the log, its notice is kept, and what is no longer of use is let go. */
const conclude = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  const outcome = job.status === 'completing' ? 'succeeded' : 'failed';
  // A file whose end is not in the log is not given out. A failure gives nothing out, and ends in any case.
  if (!(await isRecorded(world, job)) && outcome === 'succeeded')
    return failing(now(world), 'not_recordable', 'The log cannot hold the record of the file');
  await world.telling.run(`${job.id} ${job.version}`, () => world.notify(job, outcome));
  for (const query of job.queryExecutionIds) await world.results.delete(queryOutputKey(query));
  return { type: outcome, at: now(world) };
};

export type ExportClients = {
  kinesis: Pick<KinesisClient, 'send'>;
  s3: Pick<S3Client, 'send'>;
  athena: Pick<AthenaClient, 'send'>;
};

export const createExportWorld = (
  configuration: ConfigurationOf<'finish'>,
  { kinesis, s3, athena }: ExportClients,
  log: Log,
  metrics: Metrics,
  send: SendNotice,
): ExportWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = new Objects(s3, configuration.ANNALS_STATE, systemBackoff);
  const results = new Objects(s3, configuration.ANNALS_RESULTS, systemBackoff);
  const stream = new Stream(kinesis, {
    streamName: configuration.ANNALS_STREAM,
    buckets,
    deadlineMs: heartbeatDeadlineMs,
    backoff: systemBackoff,
    nowMs: Date.now,
  });
  const delivery: NoticeWorld = {
    notices: new Notices(state),
    events: configuration.ANNALS_NOTIFICATION_EVENTS,
    send,
    nowMs: Date.now,
    log,
  };
  return {
    buckets,
    stream,
    ledger: new Ledger(new Objects(s3, configuration.ANNALS_LEDGER, systemBackoff)),
    state,
    results,
    jobs: new ExportJobs(state),
    watermarks: new Watermarks(state),
    gaps: new Gaps(new Objects(s3, configuration.ANNALS_ASIDE, systemBackoff), state, buckets),
    query: new Query(
      athena,
      configuration.ANNALS_WORK_GROUP,
      configuration.ANNALS_DATABASE,
      configuration.ANNALS_RESULTS,
    ),
    selfAudit: new SelfAudit(stream, buckets, Date.now),
    notify: (job, outcome) => recordNotice(delivery, job, outcome),
    afterEnd: job => deliverAtOnce(delivery, job),
    delivery,
    finishing: new SingleFlight(),
    telling: new SingleFlight(),
    patience: {
      stallSeconds: configuration.ANNALS_STALL_SECONDS,
      openSeconds: configuration.ANNALS_OPEN_SECONDS,
    },
    maxSliceBytes,
    leaveToFinishMs: defaultLeaveToFinishMs,
    finishLeaseMs: defaultFinishLeaseMs,
    leases: new Leases(results, Date.now),
    nowMs: Date.now,
    log,
    metrics,
  };
};

const heartbeatDeadlineMs = 5000;
