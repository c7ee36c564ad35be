import { describe, expect, it } from 'vitest';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import type { GatewayEvent } from '#embedded/http/gateway-route.ts';
import { meteredReceive } from '#embedded/http/metered-receive.ts';
import type { ReceiveWorld } from '#functions/receive.ts';
import { eventText } from '#test/support/builders.ts';

const world = (isTaking: boolean): ReceiveWorld => ({
  stream: {
    put: async (packs: unknown[]) => ({ positions: packs.map(() => (isTaking ? {} : undefined)) }),
  } as never,
  buckets: 1,
  catalogue: new Catalogue([]),
  strictness: { isStrict: false, isPayloadStrict: false },
  nowMs: () => Date.parse('2026-11-26T12:00:00Z'),
  clock: receiverClock(
    () => 0,
    () => 0,
  ),
  newId: () => '00000000-0000-7000-8000-000000000001',
  log: () => undefined,
  metrics: () => undefined,
});
const event = (body: string): GatewayEvent => ({
  routeKey: 'POST /v1/events',
  headers: { 'content-type': 'application/json' },
  pathParameters: {},
  queryStringParameters: {},
  body,
  isBase64Encoded: false,
  requestContext: {
    requestId: 'r',
    http: { sourceIp: '127.0.0.1', method: 'POST' },
    authorizer: {
      iam: {
        userArn: 'arn:aws:iam::000000000000:role/emitter',
        key: { id: 'k-1', name: 'billing', stampsRequest: true },
      },
    },
  },
});

describe('receive behind the limits of keys', () => {
  const paid = async (isTaking: boolean, body: string) => {
    const payments: [string, number][] = [];
    const receive = meteredReceive(world(isTaking), {
      pay: (key, events) => void payments.push([key, events]),
    });
    const { statusCode } = await receive(event(body), {
      invokedFunctionArn: 'arn:aws:lambda:local:0:function:receive',
      awsRequestId: 'r',
    });
    return { statusCode, payments };
  };
  const key = 'arn:aws:iam::000000000000:role/emitter/k-1';

  it('lets a key pay for each event of its request, accepted or refused', async () => {
    expect(await paid(true, `[${eventText({ id: undefined })},1,2]`)).toEqual({
      statusCode: 207,
      payments: [[key, 3]],
    });
  });

  it('lets it pay nothing for events that were not stored, since it has to send them again', async () => {
    expect(await paid(false, eventText({ id: undefined }))).toMatchObject({
      statusCode: 503,
      payments: [[key, 0]],
    });
  });
});
