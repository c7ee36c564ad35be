/** What API Gateway calls: an error in a handler becomes a problem. */
import { parseQuery } from '#domain/http/request-target.ts';
import type { Handler } from '#functions/runtime/handler.ts';
import { type Answer, problem } from './answer.ts';

/**
 * Answers with a problem if the handler throws, or if a query parameter is given twice; API Gateway would answer with
 * its own error, and join the values of the parameter to one.
 */
export const answering =
  <Event, Context>(handle: Handler<Event, Context, Answer>): Handler<Event, Context, Answer> =>
  async (event, context) => {
    const query = parseQuery((event as { rawQueryString?: string }).rawQueryString ?? '');
    // It is not documented how far the gateway has decoded the query, so only what is certain is refused.
    if ('code' in query && query.code === 'repeated_parameter') return problem(query.code, query.message);
    try {
      return await handle(event, context);
    } catch {
      // The reason is in the log, and only there.
      return problem('internal_error', 'Internal error; see the operational log');
    }
  };
