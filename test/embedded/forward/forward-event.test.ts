import { describe, expect, it } from 'vitest';
import { createForwarder, type ForwardedRequest } from '#embedded/forward/forward-event.ts';
import type { GatewayEvent } from '#embedded/http/gateway-route.ts';
import { eventText } from '#test/support/builders.ts';

const event: GatewayEvent = {
  routeKey: 'POST /v1/events',
  headers: { 'content-type': 'application/x-ndjson', authorization: 'Bearer x', 'ce-id': '1', cookie: 'x' },
  pathParameters: {},
  queryStringParameters: { refused: 'keep', stamp_request: 'true' },
  body: Buffer.from('{}').toString('base64'),
  isBase64Encoded: true,
  requestContext: { requestId: 'r', http: { sourceIp: '', method: 'POST' }, authorizer: null },
};
const answering = (answer: () => Promise<Response>) => {
  const sent: [string, ForwardedRequest][] = [];
  const logged: string[] = [];
  const forwarder = createForwarder(
    (path, request) => {
      sent.push([path, request]);
      return answer();
    },
    (_, message) => void logged.push(message),
  );
  return { sent, logged, forwarder };
};

describe('a forwarded request', () => {
  it('has body and form as they came, no secret of the sender, and no stamp', async () => {
    const { sent, forwarder } = answering(async () => new Response('{"accepted":1}', { status: 202 }));
    const answer = await forwarder.forward(event);
    expect([answer.statusCode, answer.body]).toEqual([202, '{"accepted":1}']);
    const [[path, { headers, body, method }]] = sent as [(typeof sent)[0]];
    expect([path, method, Buffer.from(body).toString()]).toEqual([
      '/v1/events?refused=keep&stamp_request=false',
      'POST',
      '{}',
    ]);
    expect(headers).toEqual({ 'content-type': 'application/x-ndjson', 'ce-id': '1' });
  });

  it('is answered as the stack answers, with when to retry', async () => {
    for (const status of [200, 207, 400, 413, 422, 429, 500, 503]) {
      const headers = { 'retry-after': '3', 'content-type': 'application/json' };
      const { forwarder } = answering(async () => new Response('{}', { status, headers }));
      expect(await forwarder.forward(event)).toMatchObject({ statusCode: status, headers });
      expect(forwarder.isFailing).toBe(false);
    }
  });

  it('is to be sent again if the stack gives no answer, or refuses the server', async () => {
    for (const answer of [
      () => Promise.reject(new Error('ECONNREFUSED')),
      async () => new Response('{}', { status: 403 }),
      async () => new Response('{}', { status: 404 }),
    ]) {
      const { forwarder, logged } = answering(answer);
      const { statusCode, headers } = await forwarder.forward(event);
      expect([statusCode, headers['retry-after'], forwarder.isFailing]).toEqual([503, '1', true]);
      expect(logged).toHaveLength(1);
    }
  });

  it('is not forwarded if a key that is bound to scopes sends an event of another one', async () => {
    const { sent, forwarder } = answering(async () => new Response('{}', { status: 202 }));
    const key = { id: 'k', name: 'K', stampsRequest: true, scopes: ['acme'] };
    const send = (...events: string[]) =>
      forwarder.forward({
        ...event,
        headers: { 'content-type': 'application/x-ndjson' },
        body: events.join('\n'),
        isBase64Encoded: false,
        requestContext: { ...event.requestContext, authorizer: { iam: { userArn: 'x', key } } },
      });
    const other = eventText({ scope: { id: 'other', type: 'account' } });
    expect((await send(eventText())).statusCode).toBe(202);
    for (const events of [[other], [eventText(), other], [eventText({ scope: undefined })], ['{}']])
      expect(JSON.parse((await send(...events)).body)).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await send('')).statusCode).toBe(400);
    expect(sent).toHaveLength(1);
  });
});
