/**
 * The steps of an export before its queries run: record the request, freeze what it contains, start a query.
 */
import { encodeRecord } from '#aws/state/record.ts';
import { firstDate } from '#domain/archive/layout.ts';
import { heartbeat } from '#domain/archive/pack.ts';
import type { RecordPosition } from '#domain/archive/watermark.ts';
import type { ExportEvent, ExportJob } from '#domain/export/job.ts';
import {
  decideFreeze,
  failing,
  mayTryAgain,
  queriesKept,
  queryMessages,
  queryToken,
  segmentDaysNamed,
} from '#domain/export/job-decisions.ts';
import { queryIndexKey } from '#domain/export/layout.ts';
import { NoLiteral } from '#domain/sql-literal.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { type ExportWorld, nowOf } from './export-world.ts';
import { bucketsOf, type Frozen, planExport } from './plan-export.ts';
import { isRecorded } from './record-export.ts';

/**
 * Records the request in the log, and then sends a heartbeat to every bucket: everything acknowledged before,
 * including that record, is filed before the heartbeat. A request that says what it is complete to waits for nothing:
 * the log was filed up to there.
 */
export const recordRequest = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  if (!(await isRecorded(world, job)))
    return failing(nowOf(world), 'not_recordable', 'The log cannot hold the record of the request');
  const marked = job.request.complete_to === undefined ? bucketsOf(world, job) : [];
  return { type: 'requested', at: nowOf(world), heartbeats: await mark(world, marked) };
};

const mark = ({ stream }: ExportWorld, buckets: readonly number[]): Promise<RecordPosition[]> =>
  stream.putAll(buckets.map(bucket => ({ bucket, data: heartbeat() })));

const cannotBeWritten = ({ message }: NoLiteral): string => `The query cannot be written: ${message}`;

/** Once the log is filed up to the request, freezes what the export contains; before that, does nothing. */
export const freezeExport = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent | undefined> => {
  if (!(await world.watermarks.haveReached(job.heartbeats))) return undefined;
  const buckets = bucketsOf(world, job);
  const freeze = decideFreeze(job, buckets, await world.watermarks.all());
  if (freeze.step === 'wait') return undefined;
  if (freeze.step === 'mark') {
    const heartbeats = await mark(world, freeze.buckets);
    return { type: 'requested', at: nowOf(world), heartbeats, reach: freeze.reach };
  }
  return startAttempt(world, job, { completeTo: freeze.completeTo }, []);
};

/** The start of the next attempt; `done` are the queries of this one that have succeeded, of the first slices. */
const startAttempt = async (
  world: ExportWorld,
  job: ExportJob,
  frozen: Frozen,
  done: readonly string[],
): Promise<ExportEvent> => {
  try {
    const { statements, lookBackTo, compactedTo, segmentsSha256 } = await planExport(world, job, frozen);
    return {
      type: 'starting',
      at: nowOf(world),
      attempt: job.attempt + 1,
      slices: statements,
      complete_to: frozen.completeTo,
      look_back_to: lookBackTo ?? null,
      // Of other segments, nothing would prove any more what those queries read.
      done: segmentsSha256 === job.segmentsSha256 ? queriesKept(job, done, statements) : [],
      ...(segmentsSha256 === undefined ? {} : { compacted_to: compactedTo, segments_sha256: segmentsSha256 }),
    };
  } catch (error) {
    if (!(error instanceof NoLiteral)) throw error;
    return failing(nowOf(world), 'query_failed', cannotBeWritten(error));
  }
};

export type FailedAttempt = {
  /** What the reader of the export is told if it was the last one. */
  message: string;
  /** The queries that have succeeded and can be used, of the first slices. */
  done: readonly string[];
  /** The error of the engine, if it may be due to what the query read. */
  detail?: string;
};

/**
 * Another attempt, planned anew: only what the export holds stays as it is. If the failed attempt read segments, the
 * next one reads the ledger from the first day on that the error names, or throughout: the engine may have met a
 * segment that is damaged.
 */
export const tryAgain = async (
  world: ExportWorld,
  job: ExportJob,
  { message, done, detail }: FailedAttempt,
): Promise<ExportEvent> => {
  if (!mayTryAgain(job)) return failing(nowOf(world), 'query_failed', message);
  const isSuspect = detail !== undefined && job.segmentsSha256 !== undefined;
  const [first] = segmentDaysNamed(detail ?? '').sort();
  const frozen = {
    completeTo: job.completeTo!,
    lookBack: { to: job.lookBackTo },
    distrustFrom: isSuspect ? (first ?? firstDate) : undefined,
  };
  return startAttempt(world, job, frozen, done);
};

export const startQuery = async (world: ExportWorld, job: ExportJob, slice: number): Promise<ExportEvent> => {
  let query_execution_id: string;
  try {
    query_execution_id = await world.query.start(job.slices[slice]!, queryToken(job, slice));
  } catch (error) {
    // A permanent refusal; anything else (such as too many concurrent queries) is retried.
    if ((error as Error).name !== 'InvalidRequestException' && !(error instanceof NoLiteral)) throw error;
    world.log('error', 'The query of an export was refused', { export_id: job.id, ...errorFacts(error) });
    const message = error instanceof NoLiteral ? cannotBeWritten(error) : queryMessages.refused;
    return failing(nowOf(world), 'query_failed', message);
  }
  // Athena's event names only the query. The index is written first, so that even an early event finds its
  // job.
  await world.state.create(queryIndexKey(query_execution_id), encodeRecord({ export_id: job.id }));
  return { type: 'running', at: nowOf(world), attempt: job.attempt, slice, query_execution_id };
};
