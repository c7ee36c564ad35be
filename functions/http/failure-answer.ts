/** Answers if something fails below a handler for a reason that has a code of its own. */
import { hasStatus } from '#aws/objects.ts';
import { NotRecorded } from '#aws/self-audit.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { NotTaken } from '#aws/stream.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { type Answer, problem, retryLater } from './answer.ts';

/** Throws an error that has no code: its reason is only for the operational log. */
export const answerTo = (error: unknown, log: Log): Answer => {
  if (error instanceof NotRecorded) {
    log('error', 'The audit record could not be written', errorFacts(error));
    return retryLater('not_recorded', 'The audit record could not be written, so nothing was changed; retry');
  }
  if (error instanceof NotTaken) {
    log('error', 'The stream did not take every record', errorFacts(error));
    return retryLater(
      'stream_unavailable',
      'The stream does not take records now, so nothing was changed; retry',
    );
  }
  if (isUnreadable(error)) {
    log('error', 'A record is damaged', errorFacts(error));
    return problem(
      'record_unreadable',
      'A record that this needs is damaged; the operational log names its file and what to do about it',
    );
  }
  if (hasStatus(error, 503)) {
    log('error', 'The storage does not respond', errorFacts(error));
    return retryLater('state_unavailable', 'The state cannot be read or written now; retry');
  }
  throw error;
};
