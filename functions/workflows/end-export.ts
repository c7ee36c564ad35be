/** Ends an export once its outcome is decided. */
import type { ExportEvent, ExportJob } from '#domain/export/job.ts';
import { failing } from '#domain/export/job-decisions.ts';
import { queryOutputKey } from '#domain/export/layout.ts';
import { type ExportWorld, nowOf } from './export-world.ts';
import { isRecorded } from './record-export.ts';

/**
 * Records the end in the log, stores its notice, and deletes the outputs of the queries, which are no longer
 * needed.
 */
export const endExport = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  const outcome = job.status === 'completing' ? 'succeeded' : 'failed';
  // A file is not given out unless its end is in the log. A failure gives nothing out, so it ends in any
  // case.
  if (!(await isRecorded(world, job)) && outcome === 'succeeded')
    return failing(nowOf(world), 'not_recordable', 'The log cannot hold the record of the file');
  await world.telling.run(`${job.id} ${job.version}`, () => world.notify(job, outcome));
  for (const query of job.queryExecutionIds) await world.results.delete(queryOutputKey(query));
  return { type: outcome, at: nowOf(world) };
};
