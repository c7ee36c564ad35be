import { describe, expect, it } from 'vitest';
import { Sessions } from '#embedded/access/sessions.ts';
import { Admission } from '#embedded/http/admission.ts';
import type { GatewayRoute } from '#embedded/http/gateway-route.ts';
import { Site } from '#embedded/http/site.ts';

const site = new Site('https://example.com');
const sessions = new Sessions(() => 0);
const admission = new Admission({
  keys: { find: async token => (token === 'key' ? { role: 'operator', key: undefined } : undefined) },
  claimsOf: async token => (token === 'jwt' ? { sub: 'u-1', scope_id: 'acme' } : undefined),
  site,
  sessions,
});
const admit = async (access: GatewayRoute['access'], headers: Record<string, string>) => {
  const route = { key: 'GET /', access, handle: () => expect.unreachable() } as GatewayRoute;
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

  it('without either is nobody, and anybody may use an open route', async () => {
    expect(await admit('any role', {})).toBe('401 unauthorized');
    expect(await admit('anyone', {})).toBeNull();
    expect(await admit('anyone', { cookie, host: 'else' })).toBeNull();
  });

  it('of a route of the page is the page, signed in or not', async () => {
    expect(await admit('page', { ...page, cookie: '' })).toBeNull();
    expect(await admit('page', {})).toBe('421 misdirected');
    expect(await admit('page', { host: 'example.com' })).toBe('401 unauthorized');
  });
});
