/** Records in the log what an export is about to do: start, or end. */
import { NotRecordable } from '#aws/self-audit.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { selfAuditEventOf } from '#domain/export/job-audit-event.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import type { ExportWorld } from './export-world.ts';

/** False if the log can never hold the record. Throws if the record cannot be written now. */
export const isRecorded = async (
  { selfAudit, log }: Pick<ExportWorld, 'selfAudit' | 'log'>,
  job: ExportJob,
): Promise<boolean> => {
  try {
    await selfAudit.record(selfAuditEventOf(job));
    return true;
  } catch (error) {
    if (!(error instanceof NotRecordable)) throw error;
    log('error', 'The log cannot hold the audit record of an export', {
      export_id: job.id,
      status: job.status,
      ...errorFacts(error),
    });
    return false;
  }
};
