/**
 * What Lambda calls: the world is opened at the first invocation and kept for the next ones. After a failure it is
 * opened anew, since what it holds (the id of a stream, say) may have been the reason.
 */
import { errorFacts, log } from './log.ts';

export type Handler<Event, Context, Result> = (event: Event, context: Context) => Promise<Result>;

/** For triggers that look at failures: an error is logged, and stays one. */
export const lambda = <Event, Context, Result>(
  open: () => Promise<Handler<Event, Context, Result>>,
): Handler<Event, Context, Result> => {
  let opened: Promise<Handler<Event, Context, Result>> | undefined;
  return async (event, context) => {
    opened ??= open();
    try {
      return await (await opened)(event, context);
    } catch (error) {
      opened = undefined;
      log('error', 'The invocation failed', errorFacts(error));
      throw error;
    }
  };
};
