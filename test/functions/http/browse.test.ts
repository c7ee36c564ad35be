import { describe, expect, it } from 'vitest';
import { NotRecorded } from '#aws/self-audit.ts';
import { routesOf } from '#domain/http/routes.ts';
import { admin, type Delivery, openBrowseWorld, uuid } from '#test/support/browse-world.ts';

const at = (second: number) => `2026-11-23T12:00:0${second}.000000000Z`;
const event = (n: number, scope = 'acme', change = {}): Delivery => ({
  id: uuid(n),
  occurredAt: at(n),
  filedAt: at(n),
  scope,
  change,
});
const openFiled = async (change = {}) => {
  const opened = await openBrowseWorld(change);
  await opened.file([event(1), event(2, 'acme', { success: false }), event(3, 'other')], at(9));
  return opened;
};
const asked: Record<string, object> = {
  'GET /v1/events': {},
  'POST /v1/events/search': {},
  'GET /v1/events/histogram': { interval: '1h' },
  'POST /v1/events/histogram': { interval: '1h' },
  'GET /v1/events/values': { field: 'actor' },
  'POST /v1/events/values': { field: 'actor' },
};

describe('a look into a log', () => {
  it('is for admins of the scope: every other scope is 403, whether it exists or not', async () => {
    const { call } = await openFiled();
    for (const [route, more] of Object.entries(asked)) {
      expect((await call(route, { scope_id: 'acme', ...more }, admin('acme'))).status, route).toBe(200);
      const answers = ['other', 'none'].map(scope_id => call(route, { scope_id, ...more }, admin('acme')));
      for (const { status, json } of await Promise.all(answers))
        expect([status, json.code, json.detail]).toEqual([403, 'forbidden', 'The token is of another scope']);
    }
    expect(Object.keys(asked)).toEqual(Object.keys(routesOf.browse));
  });

  it('is not for those who are no longer admins, nor for support', async () => {
    const { call } = await openFiled({ adminDirectory: { isAdmin: async () => false } });
    const support = { iam: { userArn: 'arn:aws:iam::1:role/s' } };
    for (const [route, more] of Object.entries(asked)) {
      const question = { scope_id: 'acme', ...more };
      expect((await call(route, question, admin('acme'))).json.code).toBe('not_an_admin');
      expect((await call(route, { ...question, limit: 'x' }, support)).json.code).toBe(
        route.startsWith('POST') || route === 'GET /v1/events' ? 'forbidden' : 'unknown_parameter',
      );
      expect((await call(route, question, {})).status).toBe(403);
    }
  });

  it('of the operator finds an empty log where nothing is', async () => {
    const { call } = await openFiled();
    expect((await call('GET /v1/events', { scope_id: 'none' })).json).toMatchObject({
      events: [],
      cursor: null,
    });
  });

  it('into all logs is recorded before it is answered, or it is not', async () => {
    const all = { all_scopes: 'true', reason: 'ticket 1', from: '2026-01-01' };
    const { call, audited } = await openFiled();
    const { json } = await call('GET /v1/events', all);
    expect(json.events).toHaveLength(3);
    expect(audited).toEqual([
      expect.objectContaining({
        action: 'events.browse',
        scopeId: undefined,
        target: { id: 'all', type: 'log' },
        payload: { reason: 'ticket 1', from: '2026-01-01T00:00:00.000000000Z', to: null },
        via: { id: 'r', ip_address: '192.0.2.1' },
      }),
    ]);
    const { call: callSilent, got } = await openFiled({
      selfAudit: { record: () => Promise.reject(new NotRecorded({ cause: 'full' })) },
    });
    for (const [route, more] of Object.entries(asked)) {
      const body = route.startsWith('POST') ? { all_scopes: true } : {};
      const { status, json: told } = await callSilent(route, { ...all, ...body, ...more });
      expect([status, told.code], route).toEqual([503, 'not_recorded']);
    }
    expect(got).toEqual([]);
  });

  it('is asked for in one form as a query and as a body', async () => {
    const { call } = await openFiled();
    const byQuery = await call('GET /v1/events', { scope_id: 'acme', success: 'false', limit: '5' });
    const byBody = await call('POST /v1/events/search', { scope_id: 'acme', success: false, limit: 5 });
    expect(byQuery.json).toEqual(byBody.json);
    expect(byQuery.json.events.map(({ id }) => id)).toEqual([uuid(2)]);
    const filter = { scope_id: 'acme', success: 'false' };
    for (const [path, more, counts] of [
      ['histogram', { interval: '1h' }, 'counts'],
      ['values', { field: 'actor' }, 'values'],
    ] as const) {
      const counted = await call(`GET /v1/events/${path}`, { ...filter, ...more });
      expect(counted.json[counts]).toHaveLength(1);
      expect((await call(`POST /v1/events/${path}`, { ...filter, ...more })).json).toEqual(counted.json);
    }
  });

  it('goes on by a cursor only as it was asked, and by none that was changed', async () => {
    const { call } = await openFiled();
    const question = { scope_id: 'acme', limit: 1 };
    const { cursor } = (await call('GET /v1/events', question)).json;
    const codeOf = async (route: string, more: object, whose = {}) =>
      (await call(route, { ...question, ...more }, 'jwt' in whose ? whose : undefined)).json.code;
    const changed = `${cursor!.slice(0, -1)}${cursor!.endsWith('A') ? 'B' : 'A'}`;
    expect(await codeOf('GET /v1/events', { cursor: changed })).toBe('invalid_cursor');
    expect(await codeOf('GET /v1/events', { cursor: '!' })).toBe('invalid_cursor');
    expect(await codeOf('GET /v1/events', { cursor, scope_id: 'other' })).toBe('invalid_cursor');
    expect(await codeOf('GET /v1/events', { cursor, actor: 'u-1' })).toBe('invalid_cursor');
    expect(await codeOf('GET /v1/events', { cursor, scope_id: 'other' }, admin('other'))).toBe(
      'invalid_cursor',
    );
    const later = await call('GET /v1/events', { ...question, limit: 3, cursor });
    expect(later.json.events.map(({ id }) => id)).toEqual([uuid(1)]);
    const before = await openBrowseWorld();
    // It was given by a log that had more.
    expect((await before.call('GET /v1/events', { ...question, cursor })).json.code).toBe('invalid_cursor');
  });

  it('says what could not be filed and may be missing, by the rule of exports', async () => {
    const { call, gaps } = await openFiled();
    gaps.push(
      { cause: 'a', bucket: undefined, filedAt: at(5) },
      { cause: 'b', bucket: undefined, filedAt: at(5), endedAt: at(6) },
      { cause: 'c', bucket: undefined, filedAt: '2026-11-20T00:00:00.000000000Z' },
    );
    const { json } = await call('GET /v1/events/histogram', {
      scope_id: 'acme',
      interval: '1d',
      from: '2026-11-22',
    });
    expect(json).toMatchObject({
      counts: [{ from: '2026-11-23T00:00:00.000000000Z', succeeded: 1, failed: 1 }],
      gaps: [{ bucket: null, filed_at: at(5), ended_at: null }],
    });
  });

  it('shows no newer form that the company’s catalogue fails to make, and says so in the log', async () => {
    const { call, said } = await openFiled({
      catalogue: {
        currentForm: () => {
          throw new TypeError('x is not a function');
        },
      },
    });
    const { json } = await call('GET /v1/events', { scope_id: 'acme' });
    expect(json.events).toHaveLength(2);
    expect(said[0]).toMatchObject({
      message: 'The newer form of an event could not be made',
      action: 'context.create',
    });
  });
});
