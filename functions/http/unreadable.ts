/**
 * How lists show damaged records: a damaged record does not break the list, and the operational log names its
 * file.
 */
import type { UnreadableJob } from '#aws/state/export-jobs.ts';
import type { UnreadableRecord } from '#aws/state/record.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

const logUnreadable = (error: UnreadableRecord, log: Log): void =>
  log('error', 'A record is damaged', errorFacts(error));

/** How many damaged records a list leaves out; undefined if none. */
export const countUnreadable = (errors: readonly UnreadableRecord[], log: Log): { unreadable?: number } => {
  for (const error of errors) logUnreadable(error, log);
  return errors.length === 0 ? {} : { unreadable: errors.length };
};

/** The status of an export whose record is damaged. */
export const unreadableStatus = (error: UnreadableRecord, log: Log) => {
  logUnreadable(error, log);
  return {
    status: 'unreadable' as const,
    failure: {
      reason: 'record_unreadable',
      message: 'The record of the export is damaged; the operational log names its file, and what to do',
    },
  };
};

/** An export of which only the entry in the index can be read. */
export const printUnreadable = ({ id, requestedAt, error }: UnreadableJob, log: Log) => ({
  id,
  scope_id: null,
  from: null,
  to: null,
  requested_by: null,
  reason: null,
  requested_at: requestedAt,
  ...unreadableStatus(error, log),
});
