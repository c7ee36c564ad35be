/**
 * Forwards a request with events to the stack that an installation has moved to. The answer of the stack is the
 * sender's answer: nothing is acknowledged here. The stack sees this server as the sender and as the caller, so it
 * stamps no request.
 */
import { scopeRefusal } from '#domain/receive/allowed-scopes.ts';
import { parseRequestBody, type Rules } from '#domain/receive/body.ts';
import { cloudEventHeaders } from '#domain/receive/cloud-event.ts';
import type { GatewayEvent } from '#embedded/http/gateway-route.ts';
import { type Answer, problem, retryLater } from '#functions/http/answer.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

export type ForwardedRequest = {
  method: string;
  headers: Record<string, string>;
  body: Uint8Array;
  signal: AbortSignal;
};

/** Sends a request to the stack, signed. */
export type Send = (path: string, request: ForwardedRequest) => Promise<Response>;

/** The stack answers within 15 seconds. */
const timeoutMs = 25_000;

/** Of what the sender sent, what tells the form of the body. */
const isForwarded = (name: string): boolean =>
  name === 'content-type' || name === 'content-encoding' || name.startsWith('ce-');

/** The answers of the stack to the sender; any other is about this server's rights. */
const isOfSender = (status: number): boolean =>
  (status >= 200 && status < 300) || [400, 413, 415, 422, 429].includes(status) || status >= 500;

/**
 * The stack does not know the key of the sender, so a key that is bound to scopes is held to them here: a request is
 * forwarded if each of its events is surely of one of them. Undefined if it may be forwarded.
 */
const refusalOf = ({
  headers,
  body = '',
  isBase64Encoded,
  requestContext,
}: GatewayEvent): Answer | undefined => {
  const scopes = requestContext.authorizer?.iam?.key?.scopes;
  if (scopes === undefined) return undefined;
  const sent = {
    bytes: isBase64Encoded ? Buffer.from(body, 'base64') : body,
    contentType: headers['content-type'] ?? '',
    contentEncoding: headers['content-encoding'] ?? '',
    cloudEventHeaders: cloudEventHeaders(headers),
  };
  const rules: Rules = {
    latest: '9999-12-31T23:59:59.999999999Z',
    judge: event => scopeRefusal(event, scopes) ?? { isCatalogued: true, warnings: [] },
  };
  let isAllowed = true;
  const unread = parseRequestBody(sent, rules, ({ event }) => {
    isAllowed &&= event !== undefined;
  });
  if (unread) return problem(unread.code, unread.message);
  return isAllowed
    ? undefined
    : problem(
        'forbidden',
        'The key is bound to scopes, and an event is of another one or is not valid; send it apart',
      );
};

/** `isFailing`: whether the last request got no answer of the stack that counts. */
export type Forwarder = { isFailing: boolean; forward(event: GatewayEvent): Promise<Answer> };

export const createForwarder = (send: Send, log: Log): Forwarder => ({
  isFailing: false,
  async forward(event) {
    const { headers, queryStringParameters, body = '', isBase64Encoded } = event;
    const refusal = refusalOf(event);
    if (refusal) return refusal;
    const query = new URLSearchParams({ ...queryStringParameters, stamp_request: 'false' });
    const sent = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      value !== undefined && isForwarded(name) ? [[name, value]] : [],
    );
    let response: Response;
    let text: string;
    try {
      response = await send(`/v1/events?${query}`, {
        method: 'POST',
        headers: Object.fromEntries(sent),
        body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      this.isFailing = true;
      log('error', 'The stack gave no answer to forwarded events', errorFacts(error));
      return retryLater('stream_unavailable', 'The stack to which the log has moved gives no answer; retry');
    }
    const { status } = response;
    if (!isOfSender(status)) {
      this.isFailing = true;
      log('error', 'The stack refuses what is forwarded; see that the credentials have EmittersPolicy', {
        status,
      });
      return retryLater(
        'stream_unavailable',
        `The stack to which the log has moved refuses this server (${status})`,
      );
    }
    this.isFailing = false;
    const told = ['content-type', 'retry-after', 'accept-encoding'].flatMap((name): [string, string][] => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    return {
      statusCode: status,
      headers: { 'cache-control': 'no-store', ...Object.fromEntries(told) },
      body: text,
    };
  },
});
