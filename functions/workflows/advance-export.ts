/**
 * Advances an export as far as possible. Safe to call for any job that has not ended, at any time and
 * concurrently: each step is recorded by an append that only one caller can make, and every side effect can
 * be repeated. Shared by export, finish and tick; not a Lambda.
 */

import { type ExportEvent, type ExportJob, isOpen } from '#domain/export/job.ts';
import { decideOverdue } from '#domain/export/job-decisions.ts';
import { queryOutputKey } from '#domain/export/layout.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { checkQuery, type Trigger } from './check-query.ts';
import { endExport } from './end-export.ts';
import type { ExportWorld } from './export-world.ts';
import { freezeExport, recordRequest, startQuery } from './start-export.ts';

/** Returns the job after that; undefined if no job has this id. Throws if the environment is broken. */
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
    // Somebody else has appended: read again and decide again.
    job = next ?? (await world.jobs.get(id));
  }
  return job;
};

/** Deletes the outputs of queries that a later attempt has replaced. */
const dropOutputs = async ({ results }: ExportWorld, before: ExportJob, after: ExportJob): Promise<void> => {
  if (after.status !== 'planned') return;
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
    // A step that is possible now is done, however late.
    return event ?? overdue;
  } catch (error) {
    if (!overdue) throw error;
    world.log('error', 'An export that is overdue could not be advanced', {
      export_id: job.id,
      ...errorFacts(error),
    });
    return overdue;
  }
};

const step = (world: ExportWorld, job: ExportJob, trigger: Trigger): Promise<ExportEvent | undefined> => {
  switch (job.status) {
    case 'created':
      return recordRequest(world, job);
    case 'waiting':
      return freezeExport(world, job);
    case 'planned':
      return startQuery(world, job, job.queryExecutionIds.length);
    case 'running':
      return checkQuery(world, job, trigger);
    default:
      return endExport(world, job);
  }
};
