/** How events reach receive: over HTTP, or by a direct invocation. The invoked alias tells the two apart. */
import type { Context } from 'aws-lambda';
import { type Authorizer, senderOf } from '#domain/access/caller.ts';
import type { SentBody } from '#domain/archive/sort-body.ts';
import { printIpAddress } from '#domain/event/ip-address.ts';
import { directAlias, routesOf } from '#domain/http/routes.ts';
import { cloudEventHeaders } from '#domain/receive/cloud-event.ts';
import { type Answer, problem } from './answer.ts';
import { refuseUnknownParameter } from './router.ts';

/** The members that this function reads of a Function URL's event (payload format 2.0). */
export type ReceiveEvent = {
  headers: Record<string, string | undefined>;
  queryStringParameters?: Record<string, string | undefined> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: {
    requestId: string;
    http: { sourceIp: string };
    authorizer?: Authorizer;
  };
};

/**
 * A direct invocation sends a body as HTTP would carry it, so that its JSON is kept as sent. Without HTTP
 * there is no request to stamp on its events.
 */
export type DirectEvent = { body: string; content_type?: string; refused?: 'keep' };

export type Invocation = Pick<Context, 'invokedFunctionArn' | 'awsRequestId'>;

export const isDirect = ({ invokedFunctionArn }: Pick<Context, 'invokedFunctionArn'>): boolean =>
  invokedFunctionArn.endsWith(`:${directAlias}`);

export const httpDelivery = ({
  headers,
  queryStringParameters = {},
  body = '',
  isBase64Encoded,
  requestContext,
}: ReceiveEvent): SentBody | Answer => {
  const { requestId, http, authorizer } = requestContext;
  const unknown = refuseUnknownParameter(routesOf.receive['POST /v1/events'], queryStringParameters);
  if (unknown) return unknown;
  const { stampsRequest: isStampedByKey = true, scopes } = authorizer?.iam?.key ?? {};
  const { stamp_request = String(isStampedByKey), refused } = queryStringParameters;
  if (stamp_request !== 'true' && stamp_request !== 'false')
    return problem('invalid_request', 'Expected stamp_request to be true or false');
  if (refused !== undefined && refused !== 'keep')
    return problem('invalid_request', 'Expected refused to be keep, or to be absent');
  return {
    body: {
      bytes: isBase64Encoded ? Buffer.from(body, 'base64') : body,
      contentType: headers['content-type'] ?? '',
      contentEncoding: headers['content-encoding'] ?? '',
      cloudEventHeaders: cloudEventHeaders(headers),
    },
    from: senderOf(authorizer),
    ...(scopes ? { scopes } : {}),
    requestId,
    http: {
      id: requestId,
      address: printIpAddress(http.sourceIp),
      traceId: headers['x-client-trace-id'],
    },
    isStamping: stamp_request === 'true',
    isKeeping: refused === 'keep',
  };
};

export const directDelivery = (
  { body, content_type = '', refused }: DirectEvent,
  { invokedFunctionArn, awsRequestId }: Invocation,
): SentBody => ({
  body: { bytes: body, contentType: content_type, contentEncoding: '' },
  from: invokedFunctionArn,
  requestId: awsRequestId,
  http: undefined,
  isStamping: false,
  isKeeping: refused === 'keep',
});
