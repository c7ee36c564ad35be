import { describe, expect, it } from 'vitest';
import { NotRecorded } from '#aws/self-audit.ts';
import { NotTaken } from '#aws/stream.ts';
import { routesOf } from '#domain/http/routes.ts';
import { noContent } from '#functions/http/answer.ts';
import type { ApiEvent } from '#functions/http/request.ts';
import { type Call, type Handlers, serve } from '#functions/http/router.ts';

const arn = (role: string) => `arn:aws:iam::123456789012:role/${role}`;
const callers = { operatorRoles: [arn('operator')], supportRoles: [arn('support')], scopeClaim: 'org' };
const silent = () => undefined;

/** A router whose handlers all do the same. */
const open = (handle: (call: Call) => unknown = noContent) => {
  const handlers = Object.fromEntries(
    Object.keys(routesOf.manage).map(key => [key, (_: object, call: Call) => handle(call)]),
  ) as unknown as Handlers<'manage', object>;
  const serveEvent = serve('manage', handlers, {}, { callers, log: silent });
  return async (routeKey: string, role: string, query: Record<string, string> = {}) => {
    const { statusCode, headers, body } = await serveEvent({
      routeKey,
      headers: {},
      isBase64Encoded: false,
      queryStringParameters: query,
      requestContext: {
        requestId: 'r',
        http: { sourceIp: '' },
        authorizer:
          role === 'admin'
            ? { jwt: { claims: { sub: 'u-1', org: 'acme' } } }
            : { iam: { userArn: arn(role) } },
      },
    } satisfies ApiEvent);
    const problem = body === '' ? {} : (JSON.parse(body) as { code?: string; detail?: string });
    return { statusCode, headers, ...problem };
  };
};

describe('the router', () => {
  it('lets the roles in that a route is for, and refuses others before it looks at their query', async () => {
    const call = open();
    const schedules = 'GET /v1/scopes/{scope_id}/schedules';
    for (const role of ['operator', 'support', 'admin'])
      expect((await call(schedules, role)).statusCode, role).toBe(204);
    expect((await call('GET /v1/gaps', 'operator')).statusCode).toBe(204);
    for (const role of ['support', 'admin', 'emitter'])
      expect(await call('GET /v1/gaps', role, { unknown: '1' }), role).toMatchObject({
        code: 'forbidden',
        detail: 'This route is for the operator',
      });
    expect(await call(schedules, 'emitter')).toMatchObject({ statusCode: 403, code: 'forbidden' });
  });

  it('refuses a query parameter that the route does not declare, and names those that it has', async () => {
    const call = open();
    expect((await call('GET /v1/gaps', 'operator', { cursor: 'x' })).statusCode).toBe(204);
    expect(await call('GET /v1/gaps', 'operator', { after: 'x' })).toMatchObject({
      code: 'unknown_parameter',
      detail: 'Unknown query parameter "after"; known are cursor',
    });
    expect(await call('POST /v1/refused/purge', 'operator', { constructor: 'x' })).toMatchObject({
      detail: 'Unknown query parameter "constructor"; this route has none',
    });
  });

  it('does not know a route that its function does not serve', async () => {
    const call = open();
    for (const key of ['GET /v1/nothing', 'GET /v1/exports', 'toString', '$default'])
      expect(await call(key, 'operator'), key).toMatchObject({ statusCode: 404, code: 'not_found' });
  });

  it('hands on the address that the page’s distribution saw', async () => {
    const seen: string[] = [];
    const handlers = Object.fromEntries(
      Object.keys(routesOf.manage).map(key => [
        key,
        (_: object, { event }: Call) => {
          seen.push(event.requestContext.http.sourceIp);
          return noContent();
        },
      ]),
    ) as unknown as Handlers<'manage', object>;
    const serveEvent = serve(
      'manage',
      handlers,
      {},
      {
        callers: { ...callers, pageSecret: 'secret' },
        log: silent,
      },
    );
    for (const secret of ['secret', 'a guess'])
      await serveEvent({
        routeKey: 'GET /v1/gaps',
        headers: { 'x-annals-page-secret': secret, 'x-annals-viewer': '198.51.100.7' },
        isBase64Encoded: false,
        requestContext: {
          requestId: 'r',
          http: { sourceIp: '203.0.113.9' },
          authorizer: { iam: { userArn: arn('operator') } },
        },
      });
    expect(seen).toEqual(['198.51.100.7', '203.0.113.9']);
  });

  it('answers what failed with a code of its own, and leaves the rest to the function', async () => {
    const failing = (error: Error) =>
      open(() => {
        throw error;
      })('GET /v1/gaps', 'operator');
    for (const [error, code] of [
      [new NotRecorded({ cause: 'away' }), 'not_recorded'],
      [new NotTaken('1 of 1 records were not taken'), 'stream_unavailable'],
    ] as const)
      expect(await failing(error)).toMatchObject({ statusCode: 503, code, headers: { 'retry-after': '1' } });
    await expect(failing(new Error('secret'))).rejects.toThrow('secret');
  });
});
