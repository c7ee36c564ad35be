/** What the caller is told if a request fails below its handler, for reasons that have a code of their own. */
import { hasStatus } from '#aws/objects.ts';
import { NotRecorded } from '#aws/self-audit.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { type Answer, problem } from './answer.ts';

const soon = { 'retry-after': '1' };

/** Throws what has none: its reason is for the log alone. */
export const answerTo = (error: unknown, log: Log): Answer => {
  if (error instanceof NotRecorded) {
    log('error', 'Something could not be recorded in the log', errorFacts(error));
    return problem(
      'not_recorded',
      'The log does not take the record of this now, so it was not done; ask again',
      {},
      soon,
    );
  }
  if (isUnreadable(error)) {
    log('error', 'A record is damaged', errorFacts(error));
    return problem(
      'record_unreadable',
      'A record that this needs is damaged; the operational log names its file, and what to do',
    );
  }
  if (hasStatus(error, 503)) {
    log('error', 'The storage does not serve', errorFacts(error));
    return problem('state_unavailable', 'The state cannot be read or written now; ask again', {}, soon);
  }
  throw error;
};
