/**
 * The handler that Lambda calls. The world is opened at the first invocation and kept. After a failure it is
 * opened again, since something it holds (such as the id of a stream) may be the cause.
 */
import type { Context as LambdaContext } from 'aws-lambda';
import { errorFacts, type LogContext, log, withLogContext } from './log.ts';

export type LambdaHandler<Event, Context, Result> = (event: Event, context: Context) => Promise<Result>;

/** An error is logged and thrown again, since triggers act on failures. */
export const lambda = <Event, Context, Result>(
  open: () => Promise<LambdaHandler<Event, Context, Result>>,
): LambdaHandler<Event, Context, Result> => {
  let opened: Promise<LambdaHandler<Event, Context, Result>> | undefined;
  return (event, context) =>
    withLogContext(logContextOf(event, context), async () => {
      opened ??= open();
      try {
        return await (await opened)(event, context);
      } catch (error) {
        opened = undefined;
        log('error', 'The invocation failed', errorFacts(error));
        throw error;
      }
    });
};

const logContextOf = (event: unknown, context: unknown): LogContext => {
  const { functionName, awsRequestId } = (context ?? {}) as Partial<LambdaContext>;
  const { requestContext } = (event ?? {}) as { requestContext?: { requestId?: string } };
  return { function: functionName, request_id: requestContext?.requestId, invocation_id: awsRequestId };
};
