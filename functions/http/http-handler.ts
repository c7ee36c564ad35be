/** The handler that API Gateway calls: an error becomes a problem. */
import { parseQuery } from '#domain/http/request-target.ts';
import type { LambdaHandler } from '#functions/runtime/handler.ts';
import { type Answer, problem } from './answer.ts';

/**
 * Answers with a problem if the handler throws or if a query parameter is repeated. API Gateway would answer
 * with an error of its own, and would join the values of a repeated parameter into one.
 */
export const answering =
  <Event, Context>(handle: LambdaHandler<Event, Context, Answer>): LambdaHandler<Event, Context, Answer> =>
  async (event, context) => {
    const query = parseQuery((event as { rawQueryString?: string }).rawQueryString ?? '');
    // The documentation does not say how far the gateway has decoded the query, so only what is certain is
    // refused.
    if ('code' in query && query.code === 'repeated_parameter') return problem(query.code, query.message);
    try {
      return await handle(event, context);
    } catch {
      // The reason goes to the operational log, and only there.
      return problem('internal_error', 'Internal error; see the operational log');
    }
  };
