/**
 * Checks the running query of an export, and decides what follows: the next slice, another attempt, or the
 * file.
 */
import { hasStatus } from '#aws/objects.ts';
import type { QueryStatus } from '#aws/query.ts';
import { UnreadableOutput } from '#domain/export/file.ts';
import type { ExportEvent, ExportJob } from '#domain/export/job.ts';
import { queryMessages } from '#domain/export/job-decisions.ts';
import { finishLeaseKey } from '#domain/export/layout.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { type ExportWorld, nowOf } from './export-world.ts';
import { areSegmentsUnchanged } from './plan-export.ts';
import { startQuery, tryAgain } from './start-export.ts';
import { completeExport } from './write-export.ts';

/**
 * Who advances an export: `api` is a request, which only starts a query; `query-ended` is Athena's event;
 * `tick` is the scheduled run, which checks both.
 */
export type Trigger = 'api' | 'query-ended' | 'tick';

/** The event that follows from the state of the query; undefined while it runs. */
export const checkQuery = async (
  world: ExportWorld,
  job: ExportJob,
  trigger: Trigger,
): Promise<ExportEvent | undefined> => {
  if (trigger === 'api') return undefined;
  const slice = job.queryExecutionIds.length - 1;
  const done = job.queryExecutionIds.slice(0, -1);
  const status = await world.query.status(job.queryExecutionIds[slice]!);
  if (status.state === 'running') return undefined;
  if (status.state === 'failed') {
    world.log('error', 'A query of an export failed', { ...factsOf(job), detail: status.message });
    return tryAgain(world, job, { message: queryMessages.failed, done, detail: status.message });
  }
  if (slice + 1 < job.slices.length) return startQuery(world, job, slice + 1);
  if (trigger === 'tick' && world.nowMs() - status.completedAt.getTime() < world.leaveToFinishMs)
    return undefined;
  return finishFile(world, job, status);
};

const factsOf = ({ id, queryExecutionIds }: ExportJob) => ({
  export_id: id,
  query_execution_id: queryExecutionIds.at(-1),
});

const finishFile = async (
  world: ExportWorld,
  job: ExportJob,
  last: Extract<QueryStatus, { state: 'succeeded' }>,
): Promise<ExportEvent | undefined> => {
  const { finishLeaseMs, leases } = world;
  const lease =
    finishLeaseMs > 0 ? await leases.take(finishLeaseKey(job.id, job.version), finishLeaseMs) : undefined;
  if (finishLeaseMs > 0 && !lease) return undefined;
  try {
    if (!(await areSegmentsUnchanged(world, job))) {
      world.log(
        'error',
        'The segments that an export read are not those that it was planned with',
        factsOf(job),
      );
      return tryAgain(world, job, { message: queryMessages.unusable, done: [] });
    }
    const result = await world.finishing.run(`${job.id} ${job.version}`, () =>
      completeExport(world, job, last),
    );
    return { type: 'completing', at: nowOf(world), result };
  } catch (error) {
    if (!(error instanceof UnreadableOutput) && !hasStatus(error, 404)) {
      // The environment is broken for a moment; the next attempt need not wait for the lease to end.
      if (lease)
        await leases.giveBack(lease).catch(failure =>
          world.log('error', 'The lease of a finish could not be released; it expires', {
            export_id: job.id,
            ...errorFacts(failure),
          }),
        );
      throw error;
    }
    world.log('error', 'The output of a query cannot be used', { ...factsOf(job), ...errorFacts(error) });
    return tryAgain(world, job, { message: queryMessages.unusable, done: [] });
  }
};
