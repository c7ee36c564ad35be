/** What API Gateway calls: whatever goes wrong in a handler becomes a problem. */
import { parseQuery } from '#domain/http/request-target.ts';
import type { Handler } from '#functions/runtime/handler.ts';
import { type Answer, problem } from './answer.ts';

/**
 * For HTTP: the caller gets a problem instead of what the gateway makes of an error, or of a parameter that
 * is given twice, which it joins to one.
 */
export const answering =
  <Event, Context>(handle: Handler<Event, Context, Answer>): Handler<Event, Context, Answer> =>
  async (event, context) => {
    const query = parseQuery((event as { rawQueryString?: string }).rawQueryString ?? '');
    // How far the gateway has decoded it, it says nowhere: only what is certain is refused.
    if ('code' in query && query.code === 'repeated_parameter') return problem(query.code, query.message);
    try {
      return await handle(event, context);
    } catch {
      // Logged above; the reason is ours to know.
      return problem('internal_error', 'The request failed for a reason that is in the log; ask again');
    }
  };
