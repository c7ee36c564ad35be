import { describe, expect, it } from 'vitest';
import { Sessions } from '#embedded/access/sessions.ts';
import { roleArn } from '#embedded/account.ts';
import { Admission } from '#embedded/http/admission.ts';
import type { GatewayRoute } from '#embedded/http/gateway-route.ts';
import { Site } from '#embedded/http/site.ts';

const site = new Site('https://example.com');
const sessions = new Sessions(() => 0);
const admission = new Admission({
  keys: { find: async token => (token === 'key' ? { role: 'operator', key: undefined } : undefined) },
  claimsOf: async token => (token === 'jwt' ? { sub: 'u-1', scope_id: 'acme' } : undefined),
  pageTokenOf: async token =>
    token === 'page'
      ? { claims: { sub: 'u-1', scope_id: 'acme' }, origin: 'https://app.example.com' }
      : undefined,
  site,
  sessions,
});
const admit = async (
  access: GatewayRoute['access'],
  headers: Record<string, string>,
  name: string | undefined = undefined,
) => {
  const route = { key: 'GET /', access, function: name, handle: () => expect.unreachable() } as GatewayRoute;
  const admitted = await admission.admit(route, headers);
  return 'statusCode' in admitted
    ? `${admitted.statusCode} ${(JSON.parse(admitted.body) as { code: string }).code}`
    : admitted.authorizer;
};
const cookie = `__Host-annals=${sessions.begin({ role: 'admin', userId: 'u-17', scopeId: 'acme' }).id}`;
const page = { host: 'example.com', 'x-annals-page': '1', cookie };

describe('a caller', () => {
  it('with a token is admitted by it, at every host and without the header of the page', async () => {
    expect(await admit('any role', { authorization: 'Bearer key', host: 'else' })).toHaveProperty('iam');
    expect(await admit('operator', { authorization: 'bearer key' })).toHaveProperty('iam');
    expect(await admit('any role', { authorization: 'Bearer jwt' })).toHaveProperty('jwt');
    expect(await admit('emitter', { authorization: 'Bearer key' })).toBe('403 forbidden');
    expect(await admit('operator', { authorization: 'Bearer jwt' })).toBe('403 forbidden');
  });

  it('who sends more than its key may is told when to retry, and may still do everything else', async () => {
    const asked: unknown[] = [];
    const limited = new Admission({
      keys: { find: async () => ({ role: 'emitter', key: undefined, rateLimit: 5 }) },
      rateLimits: {
        admit: (...of) => {
          asked.push(of);
          return { retryAfterSeconds: 7 };
        },
      },
      claimsOf: async () => undefined,
      site,
      sessions,
    });
    const ask = (access: GatewayRoute['access']) =>
      limited.admit(
        { key: 'GET /', access, handle: () => expect.unreachable() },
        { authorization: 'Bearer k' },
      );
    expect(await ask('emitter')).toMatchObject({ statusCode: 429, headers: { 'retry-after': '7' } });
    expect(asked).toEqual([[roleArn('emitter'), 5]]);
    expect(await ask('any role')).toHaveProperty('authorizer');
    expect(asked).toHaveLength(1);
  });

  it('with a wrong token is nobody, whatever session is beside it', async () => {
    expect(await admit('any role', { ...page, authorization: 'Bearer x' })).toBe('401 unauthorized');
    expect(await admit('any role', { ...page, authorization: 'Bearer key' })).toHaveProperty('iam');
  });

  it('with a session is admitted as the page alone', async () => {
    expect(await admit('any role', page)).toEqual({ jwt: { claims: { scope_id: 'acme', sub: 'u-17' } } });
    // What a proxy in front asks for is not for Annals.
    expect(await admit('any role', { ...page, authorization: 'Basic eDp5' })).toHaveProperty('jwt');
    expect(await admit('any role', { ...page, host: 'evil.example' })).toBe('421 misdirected');
    expect(await admit('any role', { ...page, 'x-annals-page': '' })).toBe('401 unauthorized');
    expect(await admit('any role', { ...page, origin: 'https://evil.example' })).toBe('403 foreign_origin');
    expect(await admit('any role', { ...page, 'sec-fetch-site': 'cross-site' })).toBe('403 foreign_origin');
    expect(await admit('any role', { ...page, cookie: '__Host-annals=x' })).toBe('401 unauthorized');
    expect(await admit('operator', page)).toBe('403 forbidden');
    expect(await admit('emitter', page)).toBe('401 unauthorized');
  });

  it('of staff who are signed in may use the routes of their role', async () => {
    const staff = { role: 'operator', userId: 'ada', scopeId: 'acme', reason: 'test' } as const;
    const headers = { ...page, cookie: `__Host-annals=${sessions.begin(staff).id}` };
    expect(await admit('operator', headers)).toHaveProperty('iam.openScope.scopeId', 'acme');
    expect(await admit('any role', headers)).toHaveProperty('iam.openScope.scopeId', 'acme');
    expect(await admit('emitter', headers)).toBe('401 unauthorized');
  });

  it('with a token for the page in a frame looks into the log, from the page in a frame of its origin', async () => {
    const framed = {
      host: 'example.com',
      'x-annals-page': '1',
      'x-annals-embedder': 'https://app.example.com',
      authorization: 'Bearer page',
    };
    expect(await admit('any role', framed, 'browse')).toEqual({
      jwt: { claims: { sub: 'u-1', scope_id: 'acme' } },
    });
    for (const name of ['export', 'manage', 'receive', undefined])
      expect(await admit('any role', framed, name), name).toBe('403 forbidden');
    expect(await admit('emitter', framed, 'receive')).toBe('403 forbidden');
    const refused: [Record<string, string>, string][] = [
      [{ 'x-annals-embedder': 'https://evil.example' }, '403 foreign_origin'],
      [{ 'x-annals-embedder': '' }, '403 foreign_origin'],
      [{ origin: 'https://app.example.com' }, '403 foreign_origin'],
      [{ 'x-annals-page': '' }, '401 unauthorized'],
      [{ host: 'evil.example' }, '421 misdirected'],
      [{ authorization: 'Bearer none' }, '401 unauthorized'],
    ];
    for (const [headers, expected] of refused)
      expect(await admit('any role', { ...framed, ...headers }, 'browse')).toBe(expected);
  });

  it('without either is nobody, and anybody may use an open route', async () => {
    expect(await admit('any role', {})).toBe('401 unauthorized');
    expect(await admit('anyone', {})).toBeNull();
    expect(await admit('anyone', { cookie, host: 'else' })).toBeNull();
  });

  it('of a route of visitors is the page, signed in or not', async () => {
    expect(await admit('visitor', { ...page, cookie: '' })).toBeNull();
    expect(await admit('visitor', {})).toBe('421 misdirected');
    expect(await admit('visitor', { host: 'example.com' })).toBe('401 unauthorized');
  });
});
