import { describe, expect, it, vi } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import {
  type Ask,
  anAdmin,
  askAsPage,
  builtPage,
  cookieOf,
  indexHtml,
  newLogin,
  post,
  signIn,
} from '#test/support/page.ts';
import { startServer } from '#test/support/server.ts';

type Problem = { code: string; detail: string };
const codeOf = async (answer: Promise<Response> | Response): Promise<string> => {
  const response = await answer;
  return `${response.status} ${((await response.json()) as Problem).code}`;
};
const withHeaders = (ask: Ask, headers: Record<string, string>): Ask => ({
  ...ask,
  headers: { ...ask.headers, ...headers },
});
const search = (cookie: string, body: object = { scope_id: 'acme' }) => post(body, { cookie });
const ada = { role: 'support', userId: 'ada' } as const;
const olga = { role: 'operator', userId: 'olga' } as const;
const acme = { scope_id: 'acme', reason: 'ticket 1' };

describe('a login link', () => {
  it('signs in to the page, whose session sees the log of its scope', async () => {
    const server = await startServer({ page: await builtPage() });
    const { url, data, admin } = server;
    await server.post(eventText());
    await admin('acme', 'u-17');
    await vi.waitFor(async () => expect(await (await fetch(`${url}/`)).text()).toBe(indexHtml));
    const login = await newLogin(data);
    const look = await askAsPage(url, '/v1/session/link', post({ login }));
    expect(await look.json()).toMatchObject({
      role: 'admin',
      scope_id: 'acme',
      user_id: 'u-17',
      current: null,
    });
    const signedIn = await askAsPage(url, '/v1/session', post({ login }));
    expect(signedIn.status).toBe(201);
    const cookie = cookieOf(signedIn);
    const session = await (await askAsPage(url, '/v1/session', { headers: { cookie } })).json();
    expect(session).toEqual(await signedIn.json());
    const seen = await askAsPage(url, '/v1/events/search', search(cookie));
    expect(seen.status).toBe(200);
    expect(((await seen.json()) as { events: unknown[] }).events.length).toBeGreaterThan(0);
    expect(await codeOf(askAsPage(url, '/v1/events/search', search(cookie, { scope_id: 'other' })))).toBe(
      '403 forbidden',
    );
    const out = await askAsPage(url, '/v1/session', { method: 'DELETE', headers: { cookie } });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
    expect(await codeOf(askAsPage(url, '/v1/events/search', search(cookie)))).toBe('401 unauthorized');
    expect(await codeOf(askAsPage(url, '/v1/session', { headers: { cookie } }))).toBe('401 unauthorized');
  });

  it('works once, and still works after a scanner has followed it', async () => {
    const { url, data } = await startServer({ page: await builtPage() });
    const login = await newLogin(data);
    for (const method of ['GET', 'HEAD']) await fetch(`${url}/#login=${login}`, { method });
    await fetch(`${url}/?login=${login}`);
    expect((await askAsPage(url, '/v1/session/link', post({ login }))).status).toBe(200);
    const [first, second] = await Promise.all(
      [0, 1].map(() => askAsPage(url, '/v1/session', post({ login }))),
    );
    expect([first!.status, second!.status].sort()).toEqual([201, 401]);
    expect(await codeOf(askAsPage(url, '/v1/session', post({ login })))).toBe('401 invalid_login');
    expect(await codeOf(askAsPage(url, '/v1/session/link', post({ login })))).toBe('401 invalid_login');
  });

  it('is for the page alone: not for another site, another host, or a form', async () => {
    const { url, data } = await startServer();
    const login = await newLogin(data);
    const refused: [Record<string, string>, string][] = [
      [{ origin: 'https://evil.example' }, '403 foreign_origin'],
      [{ origin: 'http://127.0.0.1:1' }, '403 foreign_origin'],
      [{ 'sec-fetch-site': 'cross-site' }, '403 foreign_origin'],
      [{ 'x-annals-page': '' }, '401 unauthorized'],
    ];
    for (const [headers, expected] of refused)
      for (const path of ['/v1/session', '/v1/session/link'])
        expect(await codeOf(askAsPage(url, path, post({ login }, headers))), path).toBe(expected);
    expect((await askAsPage(url, '/v1/session', post({ login }, { origin: url }))).status).toBe(201);
  });

  it('that is wrong is refused, and too many of them later on; a right one always works', async () => {
    const { url, data } = await startServer();
    const login = await newLogin(data);
    const guess = (path: string) => askAsPage(url, path, post({ login: 'x'.repeat(43) }));
    for (let n = 0; n < 10; n++)
      expect(await codeOf(guess(n % 2 ? '/v1/session' : '/v1/session/link'))).toBe('401 invalid_login');
    const limited = await guess('/v1/session');
    expect(await codeOf(limited)).toBe('429 too_many_attempts');
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await askAsPage(url, '/v1/session/link', post({ login }))).status).toBe(200);
    expect((await askAsPage(url, '/v1/session', post({ login }))).status).toBe(201);
  });

  it('has its shape checked, and a body of at most 16 KiB', async () => {
    const { url, data } = await startServer();
    const login = await newLogin(data);
    const bad: [Ask, string][] = [
      [post({}), '400 invalid_request'],
      [post({ login: '../keys.json' }), '400 invalid_request'],
      [post({ login, more: 1 }), '400 invalid_request'],
      [post({ login, scope_id: 'other' }), '400 invalid_request'],
      [post({ login, reason: 'test' }), '400 invalid_request'],
      [post({ login: 'x'.repeat(17_000) }), '413 body_too_large'],
      [{ method: 'POST', body: '{' }, '400 invalid_json'],
    ];
    for (const [ask, expected] of bad)
      expect(await codeOf(askAsPage(url, '/v1/session', ask))).toBe(expected);
    expect(await codeOf(askAsPage(url, '/v1/session?x=1', post({ login })))).toBe('400 unknown_parameter');
    expect((await askAsPage(url, '/v1/session', post({ login }))).status).toBe(201);
  });
});

describe('a session', () => {
  it('is always a new one, which ends the one that was sent along', async () => {
    const server = await startServer();
    const { url, data } = server;
    const before = await signIn(server);
    const login = await newLogin(data, { ...anAdmin, userId: 'u-18' });
    const headers = { cookie: before };
    const look = (await (await askAsPage(url, '/v1/session/link', post({ login }, headers))).json()) as {
      user_id: string;
      current: { user_id: string };
    };
    expect([look.user_id, look.current.user_id]).toEqual(['u-18', 'u-17']);
    const after = cookieOf(await askAsPage(url, '/v1/session', post({ login }, headers)));
    expect(after).not.toBe(before);
    expect(await codeOf(askAsPage(url, '/v1/session', { headers }))).toBe('401 unauthorized');
    expect((await askAsPage(url, '/v1/session', { headers: { cookie: after } })).status).toBe(200);
    // An id that somebody else has chosen never becomes a session.
    const [name] = before.split('=');
    const chosen = `${name}=${'x'.repeat(43)}`;
    const fixed = await askAsPage(
      url,
      '/v1/session',
      post({ login: await newLogin(data) }, { cookie: chosen }),
    );
    expect(cookieOf(fixed)).not.toBe(chosen);
    expect(await codeOf(askAsPage(url, '/v1/session', { headers: { cookie: chosen } }))).toBe(
      '401 unauthorized',
    );
  });

  it('counts for every request of the API only as the page sends it', async () => {
    const server = await startServer();
    const { url, admin } = server;
    await admin('acme', 'u-17');
    const cookie = await signIn(server);
    const routes: [string, Ask][] = [
      ['/v1/events?scope_id=acme', {}],
      ['/v1/events/search', post({ scope_id: 'acme' })],
      ['/v1/exports?scope_id=acme', {}],
      ['/v1/session', {}],
    ];
    const refused: [Record<string, string>, string][] = [
      [{ 'x-annals-page': '' }, '401 unauthorized'],
      [{ origin: 'https://evil.example' }, '403 foreign_origin'],
      [{ origin: 'null' }, '403 foreign_origin'],
      [{ 'sec-fetch-site': 'same-site' }, '403 foreign_origin'],
      [{ cookie: cookie.replace(/^annals-\d+/, 'annals-1') }, '401 unauthorized'],
    ];
    for (const [path, ask] of routes) {
      const { status } = await askAsPage(url, path, withHeaders(ask, { cookie }));
      expect(status, path).toBe(200);
      for (const [headers, expected] of refused) {
        const answer = askAsPage(url, path, withHeaders(ask, { cookie, ...headers }));
        expect(await codeOf(answer), `${path} ${JSON.stringify(headers)}`).toBe(expected);
      }
    }
  });

  it('of an admin whose right is revoked sees nothing at the next request', async () => {
    const server = await startServer();
    const { url, admin } = server;
    const cookie = await signIn(server);
    expect(await codeOf(askAsPage(url, '/v1/events/search', search(cookie)))).toBe('403 not_an_admin');
    await admin('acme', 'u-17');
    expect((await askAsPage(url, '/v1/events/search', search(cookie))).status).toBe(200);
    await admin('acme', 'u-17', 'DELETE');
    for (const path of ['/v1/events/search', '/v1/exports'])
      expect(await codeOf(askAsPage(url, path, search(cookie))), path).toBe('403 not_an_admin');
    expect((await askAsPage(url, '/v1/session', { headers: { cookie } })).status).toBe(200);
  });

  it('sends no events', async () => {
    const server = await startServer();
    const cookie = await signIn(server);
    expect(await codeOf(askAsPage(server.url, '/v1/events', search(cookie)))).toBe('401 unauthorized');
  });
});

describe('a session of staff', () => {
  it('begins with a scope and a reason, which are in that log before it shows anything', async () => {
    const server = await startServer();
    const { url, data, exportLog } = server;
    const login = await newLogin(data, ada);
    expect(await codeOf(askAsPage(url, '/v1/session', post({ login })))).toBe('400 scope_required');
    expect(await codeOf(askAsPage(url, '/v1/session', post({ login, scope_id: 'acme' })))).toBe(
      '400 reason_required',
    );
    const signedIn = await askAsPage(url, '/v1/session', post({ login, ...acme }));
    expect(await signedIn.json()).toMatchObject({ role: 'support', user_id: 'ada', ...acme });
    const { own } = await exportLog();
    const opened = own.filter(({ action }) => action === 'audit_log.scope.open');
    expect(
      opened.map(({ actor, target, payload }) => [actor, target, payload].map(cell => JSON.parse(cell))),
    ).toEqual([
      [
        { id: 'annals-support/user:ada', type: 'support', name: 'ada' },
        { id: 'acme', type: 'log' },
        { reason: 'ticket 1' },
      ],
    ]);
  });

  it('of support sees the log that it opened and no other, until it opens that', async () => {
    const server = await startServer();
    const { url, exportLog } = server;
    await server.post(eventText());
    const cookie = await signIn(server, ada, acme);
    const statusOf = async (body: object) =>
      (await askAsPage(url, '/v1/events/search', search(cookie, body))).status;
    expect(await statusOf({ scope_id: 'acme' })).toBe(200);
    expect(await statusOf({ scope_id: 'other' })).toBe(403);
    expect(await statusOf({ all_scopes: true, reason: 'test' })).toBe(403);
    const asked = { scope_id: 'other', requested_by: 'u-1', reason: 'test' };
    const refused = '403 forbidden';
    expect(await codeOf(askAsPage(url, '/v1/exports', post(asked, { cookie })))).toBe(refused);
    for (const path of [
      '/v1/exports?scope_id=other',
      '/v1/scopes/other/schedules',
      '/v1/scopes/other/deliveries',
    ])
      expect(await codeOf(askAsPage(url, path, { headers: { cookie } })), path).toBe(refused);
    const opening = post({ scope_id: 'other', reason: 'ticket 2' }, { cookie });
    const opened = await askAsPage(url, '/v1/session/scope', opening);
    expect(await opened.json()).toMatchObject({ scope_id: 'other', reason: 'ticket 2' });
    expect(await statusOf({ scope_id: 'acme' })).toBe(403);
    expect(await statusOf({ scope_id: 'other' })).toBe(200);
    const { own } = await exportLog({ scope_id: 'other' });
    expect(own.filter(({ action }) => action === 'audit_log.scope.open')).toHaveLength(1);
    // Their key alone still sees nothing.
    expect((await server.call('support', '/v1/events?scope_id=acme')).status).toBe(403);
  });

  it('of the operator sees the log that it opened, and all of them for a reason', async () => {
    const server = await startServer();
    const { url } = server;
    const cookie = await signIn(server, olga, acme);
    const answerTo = (body: object) => askAsPage(url, '/v1/events/search', search(cookie, body));
    expect((await answerTo({ scope_id: 'acme' })).status).toBe(200);
    expect(await codeOf(answerTo({ scope_id: 'other' }))).toBe('403 forbidden');
    expect(await codeOf(answerTo({ all_scopes: true }))).toBe('400 reason_required');
    expect((await answerTo({ all_scopes: true, reason: 'test' })).status).toBe(200);
    expect((await askAsPage(url, '/v1/gaps', { headers: { cookie } })).status).toBe(200);
  });

  it('is not begun, and its link not used, while the log does not take the record', async () => {
    let isAway = true;
    const server = await startServer({ stream: { fault: () => (isAway ? 'InternalFailure' : undefined) } });
    const { url, data } = server;
    const login = await newLogin(data, ada);
    const begin = () => askAsPage(url, '/v1/session', post({ login, ...acme }));
    const refused = await begin();
    expect(refused.headers.get('set-cookie')).toBeNull();
    expect(await codeOf(refused)).toBe('503 not_recorded');
    isAway = false;
    const signedIn = await begin();
    expect(signedIn.status).toBe(201);
    const cookie = cookieOf(signedIn);
    isAway = true;
    const other = post({ scope_id: 'other', reason: 'test' }, { cookie });
    expect(await codeOf(askAsPage(url, '/v1/session/scope', other))).toBe('503 not_recorded');
    const session = await (await askAsPage(url, '/v1/session', { headers: { cookie } })).json();
    expect(session).toMatchObject(acme);
    isAway = false;
  });

  it('cannot open a scope for somebody who is an admin, or not signed in', async () => {
    const server = await startServer();
    const { url } = server;
    const cookie = await signIn(server);
    expect(await codeOf(askAsPage(url, '/v1/session/scope', post(acme, { cookie })))).toBe('403 forbidden');
    expect(await codeOf(askAsPage(url, '/v1/session/scope', post(acme)))).toBe('401 unauthorized');
  });
});
