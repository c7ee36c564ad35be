/** The members that the HTTP functions read of API Gateway's events (payload format 2.0). */
import { isUtf8 } from 'node:buffer';
import type * as z from 'zod';
import type { Authorizer } from '#domain/access/caller.ts';
import type { Via } from '#domain/access/self-audit-event.ts';
import { printIpAddress } from '#domain/event/ip-address.ts';
import { shapeProblem } from '#domain/request-shape.ts';
import { type Answer, problem, refuseRequest } from './answer.ts';

export type ApiEvent = {
  routeKey: string;
  headers: Record<string, string | undefined>;
  pathParameters?: Record<string, string | undefined> | undefined;
  queryStringParameters?: Record<string, string | undefined> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: {
    requestId: string;
    /** HEAD if it was requested on a GET route. */
    http: { sourceIp: string; method?: string | undefined };
    authorizer?: Authorizer;
  };
};

/** The request as it is recorded in the log. */
export const viaOf = ({ requestContext }: ApiEvent): Via => {
  const ip_address = printIpAddress(requestContext.http.sourceIp);
  return { id: requestContext.requestId, ...(ip_address === undefined ? {} : { ip_address }) };
};

/**
 * The body as JSON; an empty one is `{}`. Bytes that are not UTF-8 are refused, since they could not be
 * stored.
 */
export const bodyOf = ({
  headers,
  body = '',
  isBase64Encoded,
}: ApiEvent): { json: unknown } | { problem: Answer } => {
  const encoding = headers['content-encoding']?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity')
    return {
      problem: problem(
        'unsupported_encoding',
        'This route takes no Content-Encoding; send the JSON as it is',
      ),
    };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (!isUtf8(bytes)) return { problem: problem('invalid_utf8', 'The body is not UTF-8') };
  const text = bytes.toString();
  try {
    return { json: JSON.parse(text === '' ? '{}' : text) as unknown };
  } catch {
    return { problem: problem('invalid_json', 'The body is not JSON') };
  }
};

type Shape<T> = {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: z.ZodError };
};

/** The body parsed by a shape, or the problem of its first fault. */
export const parseBody = <T>(event: ApiEvent, shape: Shape<T>): { value: T } | { problem: Answer } => {
  const body = bodyOf(event);
  if ('problem' in body) return body;
  const parsed = shape.safeParse(body.json);
  return parsed.success
    ? { value: parsed.data }
    : { problem: refuseRequest(shapeProblem(parsed.error).problem) };
};
