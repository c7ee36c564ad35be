/** The end of an export, once it is decided. */
import type { ExportEvent, ExportJob } from '#domain/export/job.ts';
import { failing } from '#domain/export/job-decisions.ts';
import { queryOutputKey } from '#domain/export/layout.ts';
import { type ExportWorld, nowOf } from './export-world.ts';
import { isRecorded } from './record-export.ts';

/** Records the end in the log, keeps its notice, and deletes the queries' outputs, which nobody needs any longer. */
export const endExport = async (world: ExportWorld, job: ExportJob): Promise<ExportEvent> => {
  const outcome = job.status === 'completing' ? 'succeeded' : 'failed';
  // A file whose end is not in the log is not given out. A failure gives nothing out, and ends in any case.
  if (!(await isRecorded(world, job)) && outcome === 'succeeded')
    return failing(nowOf(world), 'not_recordable', 'The log cannot hold the record of the file');
  await world.telling.run(`${job.id} ${job.version}`, () => world.notify(job, outcome));
  for (const query of job.queryExecutionIds) await world.results.delete(queryOutputKey(query));
  return { type: outcome, at: nowOf(world) };
};
