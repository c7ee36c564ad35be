/**
 * The steps of an export before its queries run: record the request, freeze what it contains, start a query.
 */
import { encodeRecord } from '#aws/state/record.ts';
import { heartbeat } from '#domain/archive/pack.ts';
import type { RecordPosition } from '#domain/archive/watermark.ts';
import type { ExportEvent, ExportJob } from '#domain/export/job.ts';
import { decideFreeze, failing, queryMessages, queryToken } from '#domain/export/job-decisions.ts';
import { queryIndexKey } from '#domain/export/layout.ts';
import { NoLiteral } from '#domain/export/sql-literal.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { type ExportWorld, nowOf } from './export-world.ts';
import { bucketsOf, planExport } from './plan-export.ts';
import { isRecorded } from './record-export.ts';

/**
 * Records the request in the log, and then sends a heartbeat to every bucket: everything acknowledged before,
 * including that record, is filed before the heartbeat.
 */
export const recordRequest = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  if (!(await isRecorded(world, job)))
    return failing(nowOf(world), 'not_recordable', 'The log cannot hold the record of the request');
  return { type: 'requested', at: nowOf(world), heartbeats: await mark(world, bucketsOf(world, job)) };
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
  const { completeTo } = freeze;
  try {
    const { statements, lookBackTo } = await planExport(world, job, completeTo);
    return {
      type: 'starting',
      at: nowOf(world),
      attempt: job.attempt + 1,
      slices: statements,
      complete_to: completeTo,
      look_back_to: lookBackTo ?? null,
      done: [],
    };
  } catch (error) {
    if (!(error instanceof NoLiteral)) throw error;
    return failing(nowOf(world), 'query_failed', cannotBeWritten(error));
  }
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
