/**
 * Carries an export as far as it can go now. Whoever finds an open job may call it, at any time and side by
 * side: each step is recorded by an append that only one of them can make, and what a step does outside the
 * record can be done twice. Shared by export, finish and tick; itself no Lambda.
 */
import { createHash } from 'node:crypto';
import type { AthenaClient } from '@aws-sdk/client-athena';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import type { ConfigurationOf } from '#aws/environment.ts';
import { ExportJobs } from '#aws/export-jobs.ts';
import { Gaps } from '#aws/gaps.ts';
import { hasStatus, Objects } from '#aws/objects.ts';
import { Query, type QueryStatus } from '#aws/query.ts';
import { Stream } from '#aws/stream.ts';
import { Watermarks } from '#aws/watermarks.ts';
import { allBuckets, bucketOf } from '#domain/bucket.ts';
import { ExportFile, type ExportSummary, UnreadableOutput } from '#domain/export-file.ts';
import {
  decideAfterFailedQuery,
  decideStalled,
  type ExportEvent,
  type ExportJob,
  type ExportResult,
  isOpen,
  type ReportedGap,
} from '#domain/export-job.ts';
import { exportStatement } from '#domain/export-statement.ts';
import { isReported } from '#domain/gap.ts';
import { exportFileKey, manifestKey, queryIndexKey, queryOutputKey } from '#domain/layout.ts';
import { type Manifest, makeManifest } from '#domain/manifest.ts';
import { heartbeat } from '#domain/pack.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { completeTo } from '#domain/watermark.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export type ExportWorld = {
  buckets: number;
  stream: Stream;
  state: Objects;
  results: Objects;
  jobs: ExportJobs;
  watermarks: Watermarks;
  gaps: Gaps;
  query: Query;
  /** The exports whose files this process is writing, so that it does so once at a time. */
  finishing: Map<string, Promise<ExportResult>>;
  stallSeconds: number;
  /** How long a sweep leaves an ended query to the finish that was told of it, which may run in another process. */
  leaveToFinishMs: number;
  nowMs(): number;
  log: Log;
  metrics: Metrics;
};

/** Who calls: `start` only asks and starts; `finish` has been told that the query has ended; `sweep` looks after both. */
export type Errand = 'start' | 'finish' | 'sweep';

/** By default: as long as a finish that was told of the end may take to write a file of some gigabytes. */
const defaultLeaveToFinishMs = 60_000;

/** Gives the job as it stands then; undefined where there is none of this id. Throws where the world is broken. */
export const advance = async (
  world: ExportWorld,
  id: string,
  errand: Errand,
): Promise<ExportJob | undefined> => {
  let job = await world.jobs.get(id);
  while (job && isOpen(job)) {
    const event: ExportEvent | undefined = await nextEvent(world, job, errand);
    if (event === undefined) return job;
    const next: ExportJob | undefined = await world.jobs.append(job, event);
    if (next?.status === 'succeeded') world.metrics({ SucceededExports: 1 });
    if (next?.status === 'failed') world.metrics({ FailedExports: 1 });
    // Somebody else has appended: read again, and see what is to be done now.
    job = next ?? (await world.jobs.get(id));
  }
  return job;
};

const nextEvent = (world: ExportWorld, job: ExportJob, errand: Errand): Promise<ExportEvent | undefined> => {
  switch (job.status) {
    case 'asked':
      return sendHeartbeats(world, job);
    case 'requested':
      return freeze(world, job);
    case 'starting':
      return start(world, job);
    case 'running':
      return settle(world, job, errand);
    case 'completing':
      return conclude(world, job);
    default:
      return Promise.resolve({ type: 'failed', at: now(world) });
  }
};

const now = (world: ExportWorld): Instant => instantOfMilliseconds(world.nowMs());

const bucketsOf = (world: ExportWorld, job: ExportJob): number[] => {
  const { scope_id } = job.request;
  return scope_id === undefined ? allBuckets(world.buckets) : [bucketOf(scope_id, world.buckets)];
};

/** Marks in every bucket asked for the moment of the request: what was acknowledged before it is filed before it. */
const sendHeartbeats = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  const buckets = bucketsOf(world, job);
  const heartbeats = await world.stream.putAll(buckets.map(bucket => ({ bucket, data: heartbeat() })));
  return { type: 'requested', at: now(world), heartbeats };
};

/** Once the log is filed up to the request, fixes what the export holds; until then nothing, or the end of waiting. */
const freeze = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent | undefined> => {
  if (!(await world.watermarks.haveReached(job.heartbeats)))
    return decideStalled(job, world.nowMs(), world.stallSeconds);
  const buckets = bucketsOf(world, job);
  const complete_to = completeTo(await world.watermarks.all(), buckets);
  // Its heartbeat was passed over: the event source gave it up. The next one of tick's will do.
  if (complete_to === undefined) return decideStalled(job, world.nowMs(), world.stallSeconds);
  const { scope_id, from, to } = job.request;
  const scope = scope_id === undefined ? undefined : { id: scope_id, bucket: buckets[0]! };
  const statement = exportStatement({ scope, from, to, completeTo: complete_to });
  return {
    type: 'starting',
    at: now(world),
    attempt: 1,
    statement,
    complete_to,
    token: queryToken(job.id, 1),
  };
};

/** Athena's idempotency token: the same attempt is the same query, however often it is started. */
const queryToken = (id: string, attempt: number): string =>
  createHash('sha256').update(`${id} ${attempt} 0`).digest('hex');

const start = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  let query_execution_id: string;
  try {
    query_execution_id = await world.query.start(job.statement!, job.token!);
  } catch (error) {
    if ((error as Error).name !== 'InvalidRequestException' && !(error instanceof RangeError)) throw error;
    return {
      type: 'failing',
      at: now(world),
      reason: 'query_failed',
      message: `The query was refused: ${(error as Error).message}`,
    };
  }
  // The state change names the query alone; written first, so that it finds the job however early it comes.
  await world.state.create(
    queryIndexKey(query_execution_id),
    Buffer.from(`${JSON.stringify({ export_id: job.id })}\n`),
  );
  return { type: 'running', at: now(world), attempt: job.attempt, query_execution_id };
};

const settle = async (
  world: ExportWorld,
  job: ExportJob,
  errand: Errand,
): Promise<ExportEvent | undefined> => {
  if (errand === 'start') return undefined;
  const status = await world.query.status(job.queryExecutionId!);
  if (status.state === 'running') return undefined;
  if (status.state === 'failed')
    return decideAfterFailedQuery(job, now(world), status.message, attempt => queryToken(job.id, attempt));
  if (errand === 'sweep' && world.nowMs() - status.completedAt.getTime() < world.leaveToFinishMs)
    return undefined;
  const { finishing } = world;
  const finished =
    finishing.get(job.id) ?? complete(world, job, status).finally(() => finishing.delete(job.id));
  finishing.set(job.id, finished);
  try {
    return { type: 'completing', at: now(world), result: await finished };
  } catch (error) {
    if (!(error instanceof UnreadableOutput) && !hasStatus(error, 404)) throw error;
    const message = `The output of the query cannot be used: ${(error as Error).message}`;
    return decideAfterFailedQuery(job, now(world), message, attempt => queryToken(job.id, attempt));
  }
};

/** The file is there and recorded: the output that it was made from is of no more use. */
const conclude = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  await world.results.delete(queryOutputKey(job.queryExecutionId!));
  return { type: 'succeeded', at: now(world) };
};

/** Writes the CSV and its manifest. Done twice, it gives the same, and the first stays. */
const complete = async (
  world: ExportWorld,
  job: ExportJob,
  status: Extract<QueryStatus, { state: 'succeeded' }>,
): Promise<ExportResult> => {
  const summary = await writeFile(world, job, status.outputKey);
  const manifest = await writeManifest(
    world,
    job,
    makeManifest(job, summary, await reportedGaps(world, job), status.bytesScanned),
  );
  const { rows, duplicates, conflicts, reused_ids, bytes, sha256 } = summary;
  return {
    rows,
    duplicates,
    conflicts,
    reused_ids,
    bytes,
    sha256,
    bytes_scanned: manifest.bytes_scanned,
    gaps: manifest.gaps.length,
  };
};

const writeFile = async (world: ExportWorld, job: ExportJob, outputKey: string): Promise<ExportSummary> => {
  const file = new ExportFile();
  const output = await world.results.read(outputKey);
  let summary: ExportSummary | undefined;
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of output) yield file.push(chunk);
    // Before the last piece is sent: an output that is not whole must not become an object.
    summary = file.end();
  };
  const name = `audit-log-${job.askedAt.slice(0, 10)}-${job.id.slice(0, 8)}.csv`;
  const outcome = await world.results.createFrom(exportFileKey(job.id), pieces(), {
    contentType: 'text/csv; charset=utf-8',
    contentDisposition: `attachment; filename="${name}"`,
  });
  if (outcome === 'exists' && (await world.results.size(exportFileKey(job.id))) !== summary!.bytes)
    throw new Error(`The CSV of export ${job.id} is there with another size`);
  return summary!;
};

/** The manifest as it stands: of two finishes, that of the first. */
const writeManifest = async (world: ExportWorld, job: ExportJob, manifest: Manifest): Promise<Manifest> => {
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  if (
    (await world.results.create(manifestKey(job.id), bytes, { contentType: 'application/json' })) ===
    'created'
  )
    return manifest;
  const stored = await world.results.get(manifestKey(job.id));
  return JSON.parse(stored!.bytes.toString()) as Manifest;
};

const reportedGaps = async (world: ExportWorld, job: ExportJob): Promise<ReportedGap[]> => {
  const buckets = bucketsOf(world, job);
  const gaps = await world.gaps.of(buckets);
  return gaps
    .filter(gap => isReported(gap, buckets, job.request.from, job.completeTo!))
    .map(({ bucket, filedAt, endedAt }) => ({
      bucket: bucket ?? null,
      filed_at: filedAt,
      ended_at: endedAt ?? null,
    }));
};

export type ExportClients = {
  kinesis: Pick<KinesisClient, 'send'>;
  s3: Pick<S3Client, 'send'>;
  athena: Pick<AthenaClient, 'send'>;
};

export const openExports = (
  configuration: ConfigurationOf<'tick'>,
  { kinesis, s3, athena }: ExportClients,
  log: Log,
  metrics: Metrics,
): ExportWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = new Objects(s3, configuration.ANNALS_STATE, systemBackoff);
  return {
    buckets,
    stream: new Stream(kinesis, {
      streamName: configuration.ANNALS_STREAM,
      buckets,
      deadlineMs: heartbeatDeadlineMs,
      backoff: systemBackoff,
      nowMs: Date.now,
    }),
    state,
    results: new Objects(s3, configuration.ANNALS_RESULTS, systemBackoff),
    jobs: new ExportJobs(state),
    watermarks: new Watermarks(state),
    gaps: new Gaps(state, buckets),
    query: new Query(
      athena,
      configuration.ANNALS_WORK_GROUP,
      configuration.ANNALS_DATABASE,
      configuration.ANNALS_RESULTS,
    ),
    finishing: new Map(),
    stallSeconds: configuration.ANNALS_STALL_SECONDS,
    leaveToFinishMs: defaultLeaveToFinishMs,
    nowMs: Date.now,
    log,
    metrics,
  };
};

const heartbeatDeadlineMs = 5000;
