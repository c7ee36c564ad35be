/**
 * The message about the end of an export: enough to fetch the file by hand or by program, and nothing of its
 * rows.
 */
import { derivedId } from '#domain/derived-id.ts';
import type { ExportJob } from './job.ts';
import { printJob } from './print-job.ts';

/** The ends that are notified: none, those of scheduled exports, or those of every export. */
export const notifiedEvents = ['none', 'schedules', 'all'] as const;
export type NotifiedEvents = (typeof notifiedEvents)[number];

export type ExportOutcome = 'succeeded' | 'failed';

/** `id` is derived from the export and its outcome, so that a receiver can drop a repeat. */
export type Notification = { id: string; subject: string; message: object };

/** SNS takes a subject of less than 100 characters, all of them printable ASCII. */
const maxSubjectId = 40;
export const inSubject = (id: string): string => {
  const printable = id.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length <= maxSubjectId ? printable : `${printable.slice(0, maxSubjectId - 3)}...`;
};

/** Undefined if nobody is notified of such an end. */
export const notificationOf = (
  job: ExportJob,
  outcome: ExportOutcome,
  events: NotifiedEvents,
): Notification | undefined => {
  if (events === 'none' || (events === 'schedules' && !job.run)) return undefined;
  const id = derivedId('notice', job.id, job.retries, outcome);
  const what = job.run
    ? `run ${job.run.n} of the schedule ${inSubject(job.run.schedule_id)}`
    : `export ${inSubject(job.id)}`;
  return {
    id,
    subject: `Audit log: ${what} ${outcome}`,
    message: {
      event: `export.${outcome}`,
      notice_id: id,
      ...printJob({ ...job, status: outcome }),
      download: `/v1/exports/${job.id}/download`,
    },
  };
};
