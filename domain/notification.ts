/** What is told of the end of a schedule's run: enough to fetch the file by hand or by program, and nothing of its rows. */
import { type ExportJob, printJob } from './export-job.ts';

export type Notification = { subject: string; message: object };

/** Undefined for an export that somebody waits for. */
export const notificationOf = (job: ExportJob, outcome: 'succeeded' | 'failed'): Notification | undefined => {
  if (!job.run) return undefined;
  const { schedule_id, n } = job.run;
  return {
    subject: `Audit log: run ${n} of the schedule ${schedule_id} ${outcome}`.slice(0, 100),
    message: {
      event: `export.${outcome}`,
      ...printJob({ ...job, status: outcome }),
      download: `/v1/exports/${job.id}/download`,
    },
  };
};
