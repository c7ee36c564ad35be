import { describe, expect, it, vi } from 'vitest';
import { openApiDocument } from '#domain/http/openapi-document.ts';
import type { Role } from '#embedded/access/keys.ts';
import { eventText } from '#test/support/builders.ts';
import { expectConformity, operationOf } from '#test/support/openapi-conformance.ts';
import { startServer } from '#test/support/server.ts';

describe('the description of the surface', () => {
  it('is served as it is', async () => {
    const { call } = await startServer();
    const response = await call(undefined, '/v1/openapi.json');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(openApiDocument());
    expect((await call(undefined, '/v1/openapi.json?pretty=1')).status).toBe(400);
  });

  /**
   * Each route's good answer, and the problems that a caller can bring about; `call` holds each against the
   * description.
   */
  it('is what every route answers', async () => {
    const { call, post, request, finished, admin } = await startServer();
    const answered = new Set<string>();
    const note = (method: string, path: string, { status }: { status: number }): void =>
      void answered.add(`${operationOf(method, path.split('?')[0]!)!.operationId} ${status}`);
    const ask = async (
      path: string,
      {
        method = 'GET',
        role = 'operator' as Role | 'nobody',
        body = undefined as unknown,
        headers = {},
      } = {},
    ) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await call(role === 'nobody' ? undefined : role, path, { method, headers, ...init });
      note(method, path, response);
      return response;
    };
    for (const path of ['/v1/actions', '/v1/schemas', '/v1/openapi.json', '/healthz'])
      await ask(path, { role: 'nobody' });

    note('POST', '/v1/events', await post(eventText()));
    note('POST', '/v1/events', await post(`[${eventText()},1,${eventText({ action: 'not.catalogued' })}]`));
    note('POST', '/v1/events', await post('[1]'));
    await ask('/v1/events?refused=keep', { method: 'POST', role: 'emitter', body: [{}] });
    const items = await vi.waitFor(
      async () => {
        const response = await call('operator', '/v1/refused');
        note('GET', '/v1/refused', response);
        const listed = ((await response.json()) as { items: { key: string }[] }).items;
        expect(listed.length).toBeGreaterThan(1);
        return listed;
      },
      { timeout: 20_000, interval: 20 },
    );
    const item = `/v1/refused/${items[0]!.key}`;
    const mended = eventText();
    await ask(item);
    await ask(`${item}/resend`, { method: 'POST' });
    await ask(`${item}/resend`, { method: 'POST', body: { mended } });
    await ask(`${item}/dismiss`, { method: 'POST', body: { reason: 'test' } });
    const other = `/v1/refused/${items[1]!.key}`;
    await ask(`${other}/dismiss`, { method: 'POST', body: { reason: 'test' } });
    await ask('/v1/refused/purge', { method: 'POST', body: { before: '2000-01-01', reason: 'test' } });
    await ask('/v1/refused/none');
    await ask('/v1/refused?cursor=!');
    note('POST', '/v1/events', await post('{'));
    note('POST', '/v1/events', await post(`[${Array(10_001).fill('1').join()}]`));
    await ask('/v1/events', { method: 'POST', role: 'nobody', body: {} });
    await ask('/v1/events', { method: 'POST', role: 'support', body: {} });
    await ask('/v1/events', {
      method: 'POST',
      role: 'emitter',
      headers: { 'content-encoding': 'br' },
      body: {},
    });

    await ask('/v1/events?scope_id=acme');
    await ask('/v1/events');
    await ask('/v1/events?scope_id=acme&cursor=x');
    await ask('/v1/events?scope_id=acme', { role: 'support' });
    await ask('/v1/events/search', { method: 'POST', body: { all_scopes: true, reason: 'test' } });
    await ask('/v1/events/histogram?scope_id=acme&interval=1h');
    await ask('/v1/events/histogram?scope_id=acme');
    await ask('/v1/events/values?scope_id=acme&field=actor');
    const counted = { scope_id: 'acme' };
    await ask('/v1/events/histogram', { method: 'POST', body: { ...counted, interval: '1h' } });
    await ask('/v1/events/values', { method: 'POST', body: { ...counted, field: 'actor' } });

    note('PUT', '/v1/scopes/acme/admins/u-1', await admin('acme', 'u-1'));
    await ask('/v1/scopes/acme/admins');
    await ask('/v1/scopes/acme/admins', { role: 'support' });
    await ask('/v1/scopes/acme/admins?x=1');
    const question = { scope_id: 'acme', requested_by: 'u-1', reason: 'test' };
    const first = await request(question);
    note('POST', '/v1/exports', first);
    note('POST', '/v1/exports', await request({ ...question, dry_run: true }));
    note('POST', '/v1/exports', await request({ ...question, requested_by: 'u-2' }));
    note('POST', '/v1/exports', await request({ ...question, unknown: 1 }));
    const key = { 'idempotency-key': 'k' };
    await request(question, 'support', key);
    note('POST', '/v1/exports', await request({ ...question, reason: 'other' }, 'support', key));
    const { id } = (await first.json()) as { id: string };
    await ask(`/v1/exports/${id}/download`);
    await finished(id);
    await ask('/v1/exports?scope_id=acme');
    await ask('/v1/exports?cursor=!');
    await ask(`/v1/exports/${id}`);
    await ask('/v1/exports/none');
    await ask(`/v1/exports/${id}/manifest`);
    await ask(`/v1/exports/${id}/download`);
    await ask(`/v1/exports/${id}/download`, { headers: { accept: 'application/json' } });
    await ask(`/v1/exports/${id}/retry`, { method: 'POST' });

    const schedules = '/v1/scopes/acme/schedules';
    const rhythm = {
      every: 'daily',
      at: '06:00',
      time_zone: 'Europe/Berlin',
      requested_by: 'u-1',
      reason: 'test',
    };
    await ask(`${schedules}/s`, { method: 'PUT', body: rhythm });
    await ask(`${schedules}/s`, { method: 'PUT', body: { ...rhythm, paused: true } });
    await ask(`${schedules}/s`, { method: 'PUT', body: { ...rhythm, requested_by: 'u-2' } });
    await ask(`${schedules}/s`, { method: 'PUT', body: {} });
    await ask(schedules);
    await ask(`${schedules}/s`);
    await ask(`${schedules}/none`);
    await ask(`${schedules}/s/runs`, { method: 'POST' });
    await ask(`${schedules}/s/runs`);
    await ask(`${schedules}/s`, { method: 'DELETE' });
    await ask(`${schedules}/s`, { method: 'PUT', body: rhythm });

    const imports = '/v1/imports?source=circleci&as_of=2026-07-01';
    await ask(imports, { method: 'POST', body: [JSON.parse(eventText())] });
    await ask(imports, { method: 'POST', body: [JSON.parse(eventText()), {}] });
    await ask(imports, { method: 'POST', body: {} });
    await ask('/v1/imports', { method: 'POST', body: {} });
    const deliveries = '/v1/scopes/acme/deliveries';
    const into = { destination: { type: 'directory', path: 'acme' } };
    await ask(`${deliveries}/d`, { method: 'PUT', body: { ...into, from: '2020-01-01', dry_run: true } });
    await ask(`${deliveries}/d`, { method: 'PUT', body: { ...into, from: '2020-01-01' } });
    await ask(`${deliveries}/d`, { method: 'PUT', body: into });
    await ask(`${deliveries}/d`, { method: 'PUT', body: { ...into, filter: { action: 'user.*' } } });
    await ask(`${deliveries}/d`, { method: 'PUT', body: {} });
    await ask(`${deliveries}/d/test`, { method: 'POST', body: {} });
    await ask(`${deliveries}/d/pause`, { method: 'POST', role: 'support', body: {} });
    await ask(`${deliveries}/d/pause`, { method: 'POST', role: 'support', body: { reason: 'test' } });
    await vi.waitFor(
      async () => {
        const shown = (await (await call('operator', `${deliveries}/d`)).json()) as {
          health: { runs: number };
        };
        expect(shown.health.runs).toBeGreaterThan(0);
      },
      { timeout: 20_000, interval: 50 },
    );
    await ask(`${deliveries}/d/replay`, { method: 'POST', body: { first_run: 1, last_run: 1 } });
    await ask(`${deliveries}/d/replay`, { method: 'POST', body: { first_run: 1, last_run: 9999 } });
    await ask(`${deliveries}/d/resume`, { method: 'POST' });
    await ask(`${deliveries}/d/resume`, { method: 'POST', role: 'support' });
    await ask(deliveries);
    await ask(`${deliveries}?cursor=!`);
    await ask(`${deliveries}/d`);
    await ask(`${deliveries}/none`);
    await ask(`${deliveries}/d`, { method: 'DELETE' });
    await ask(`${deliveries}/d`, { method: 'PUT', body: into });
    await ask('/v1/gaps');
    await ask('/v1/gaps?cursor=!');
    await ask('/v1/gaps/none/redrive', { method: 'POST', body: {} });
    await ask('/v1/gaps/none/dismiss', { method: 'POST', body: {} });
    await ask('/v1/notices');
    await ask('/v1/notices?cursor=!');
    await ask('/v1/notices', { role: 'support' });
    await ask('/v1/notices/none/retry', { method: 'POST' });
    await ask('/v1/notices/none/dismiss', { method: 'POST' });
    await ask('/v1/scopes/acme/admins/u-1', { method: 'DELETE' });

    // A gap or a notice that there is, an export that failed and a session are made in other tests, whose calls
    // are held against this too.
    const elsewhere = [
      'retryExport 202',
      'redriveGap 202',
      'dismissGap 200',
      'retryNotice 202',
      'dismissNotice 204',
      'sendEvents 429',
      'sendEvents 503',
      'importEvents 503',
      'showSession 200',
      'signIn 201',
      'signOut 204',
      'lookAtLink 200',
      'openScope 200',
      'mintPageToken 201',
    ];
    const described = Object.values(
      (
        openApiDocument() as {
          paths: Record<string, Record<string, { operationId: string; responses: object }>>;
        }
      ).paths,
    ).flatMap(operations =>
      Object.values(operations).flatMap(({ operationId, responses }) =>
        Object.keys(responses)
          .filter(status => Number(status) < 400 || operationId === 'sendEvents')
          .map(status => `${operationId} ${status}`),
      ),
    );
    expect(described.filter(name => !answered.has(name) && !elsewhere.includes(name))).toEqual([
      'sendEvents 500',
      'sendEvents default',
    ]);
  });

  it('is compared with answers: what it does not have fails', () => {
    const answer = {
      status: 200,
      contentType: 'application/json',
      body: '{"status":"ok","complete_to":null,"compacted_to":null}',
    };
    expectConformity('GET', '/healthz', answer);
    const failing = (change: object) => () => expectConformity('GET', '/healthz', { ...answer, ...change });
    expect(failing({ status: 201 })).toThrow('the status is not described');
    expect(failing({ contentType: 'text/plain' })).toThrow('is not described');
    expect(failing({ body: '{"status":"ok","compacted_to":null}' })).toThrow('complete_to');
    expect(failing({ body: answer.body.replace('}', ',"more":1}') })).toThrow('additional');
    expect(() => expectConformity('GET', '/v1/nothing', answer)).toThrow('is not described');
  });
});
