/**
 * What Lambda calls: the world is opened at the first invocation and kept for the next ones. After a failure it is
 * opened anew, since what it holds (the id of a stream, say) may have been the reason.
 */
import { parseQuery } from '#domain/http/request-target.ts';
import { type Answer, problem } from '#functions/http/answer.ts';
import { errorFacts, log } from './log.ts';

type Handler<Event, Context, Result> = (event: Event, context: Context) => Promise<Result>;

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

/**
 * For HTTP: the caller gets a problem instead of what the gateway makes of an error, or of a parameter that is given twice,
 * which it joins to one.
 */
export const answering =
  <Event, Context>(handle: Handler<Event, Context, Answer>): Handler<Event, Context, Answer> =>
  async (event, context) => {
    const query = parseQuery((event as { rawQueryString?: string }).rawQueryString ?? '');
    // How far the gateway has decoded it, it says nowhere: only what is certain is refused.
    if ('code' in query && query.code === 'repeated_parameter')
      return problem(400, query.code, query.message);
    try {
      return await handle(event, context);
    } catch {
      // Logged above; the reason is ours to know.
      return problem(500, 'internal_error', 'The request failed for a reason that is in the log; ask again');
    }
  };
