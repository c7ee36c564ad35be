import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { readTokenKey, signToken } from '#embedded/access/customer-tokens.ts';
import { withoutPauses } from '#test/support/backoff.ts';
import { eventText } from '#test/support/builders.ts';
import { movableClock } from '#test/support/clock.ts';
import { parseCsv, startServer, type Whole } from '#test/support/server.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const question = { scope_id: 'acme', requested_by: 'u-1', reason: 'ticket 1' };
type Server = Awaited<ReturnType<typeof startServer>>;
const jsonOf = async (response: Response | Promise<Response>) => (await (await response).json()) as Answered;
/** What the tests read of bodies. */
type Answered = Whole<Api<'Problem'>> &
  Whole<Omit<Api<'Manifest'>, 'conflicts' | 'reused_ids' | 'gaps'>> &
  Api<'StartedRun'> & {
    retries: number;
    objects: number;
    admins: Api<'Admins'>['admins'];
    exports: Api<'Exports'>['exports'];
    schedules: Api<'Schedules'>['schedules'];
    runs: Api<'Runs'>['runs'];
  };
/** Some days ahead, until the test has ended. */
const shiftClock = (days: number): void => {
  movableClock().aheadMs = days * 86_400_000;
};
/** What a customer does with their token. */
const customer = async ({ url, data }: Server, scope: string, user: string) => {
  const token = await signToken(await readTokenKey(join(data, 'token-key')), scope, user, '1h');
  return (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, url), { redirect: 'manual', ...init, headers: { authorization: `Bearer ${token}` } });
};
const actionsOf = (own: { action: string; success: string }[]) =>
  own.map(({ action, success }) => [action.replace('audit_log.', ''), success]);

describe('who may ask', () => {
  it.each<[string, 'support' | 'operator', object, number]>([
    ['support for an admin, with a reason', 'support', question, 202],
    ['support for a user who is no admin', 'support', { ...question, requested_by: 'u-2' }, 403],
    ['support for an admin of another scope', 'support', { ...question, requested_by: 'u-3' }, 403],
    ['support for a scope of which nobody is an admin', 'support', { ...question, scope_id: 'none' }, 403],
    ['support for no scope', 'support', { ...question, scope_id: undefined }, 400],
    ['support for all scopes', 'support', { ...question, scope_id: undefined, all_scopes: true }, 403],
    ['the operator for no scope', 'operator', {}, 400],
    ['the operator for no scope, with a reason', 'operator', { all_scopes: false, reason: 'r' }, 400],
    ['the operator for all scopes without a reason', 'operator', { all_scopes: true }, 400],
    ['the operator for all scopes, with a reason', 'operator', { all_scopes: true, reason: 'r' }, 202],
    [
      'the operator for one and for all',
      'operator',
      { scope_id: 'acme', all_scopes: true, reason: 'r' },
      400,
    ],
    ['the operator for a scope', 'operator', { scope_id: 'acme' }, 202],
    ['the operator for a user who is no admin', 'operator', { scope_id: 'acme', requested_by: 'u-2' }, 403],
  ])('%s', async (_, role, body, status) => {
    const { admin, request } = await startServer();
    await admin('acme', 'u-1');
    await admin('other', 'u-3');
    expect((await request(body, role)).status).toBe(status);
  });

  it('an admin by their token, for their own scope, while they are one', async () => {
    const server = await startServer();
    const { admin, finished } = server;
    const call = await customer(server, 'acme', 'u-1');
    const ask = (body: object = { scope_id: 'acme' }) =>
      call('/v1/exports', { method: 'POST', body: JSON.stringify(body) });
    expect((await ask()).status).toBe(403);
    await admin('acme', 'u-1');
    const { id } = await jsonOf(ask());
    expect(await finished(id)).toMatchObject({ status: 'succeeded', requested_by: 'u-1' });
    expect((await call(`/v1/exports/${id}/download`)).status).toBe(302);
    expect((await ask({ scope_id: 'other' })).status).toBe(403);
    expect((await call('/v1/gaps')).status).toBe(403);
    expect((await call('/v1/scopes/acme/admins')).status).toBe(403);
    const other = await customer(server, 'other', 'u-9');
    await admin('other', 'u-9');
    expect((await other(`/v1/exports/${id}`)).status).toBe(404);
    await admin('acme', 'u-1', 'DELETE');
    expect((await call(`/v1/exports/${id}/download`)).status).toBe(403);
  });

  it('nobody with half of a character in what they say, whatever the member', async () => {
    const server = await startServer();
    const { admin, call, exportLog } = server;
    await admin('acme', 'u-1');
    const half = 'a\ud800';
    const rhythm = { every: 'daily', at: '06:00', time_zone: 'UTC', requested_by: 'u-1', reason: 'r' };
    const cases: [string, string, object, string][] = [
      ...['scope_id', 'requested_by', 'reason', 'from', 'format', half].map(
        member => ['POST', '/v1/exports', { ...question, [member]: half }, `/${member}`] as never,
      ),
      ...['action', 'actor', 'target', 'request_id', 'client_trace_id', 'success', half].map(
        member =>
          ['POST', '/v1/exports', { ...question, filter: { [member]: half } }, `/filter/${member}`] as never,
      ),
      ...['requested_by', 'reason', 'time_zone', 'at', 'every', 'from', half].map(
        member =>
          ['PUT', '/v1/scopes/acme/schedules/s', { ...rhythm, [member]: half }, `/${member}`] as never,
      ),
      ['POST', '/v1/gaps/quarantine/redrive', { reason: half }, '/reason'],
      ['POST', '/v1/gaps/quarantine/dismiss', { reason: half }, '/reason'],
    ];
    for (const [method, path, body, place] of cases) {
      const response = await call('operator', path, { method, body: JSON.stringify(body) });
      expect([path, place, response.status, (await jsonOf(response)).path]).toEqual([
        path,
        place,
        400,
        place,
      ]);
    }
    const inPath = `~${Buffer.from([0x61, 0xed, 0xa0, 0x80]).toString('base64url')}`;
    for (const [method, path] of [
      ['PUT', `/v1/scopes/${inPath}/admins/u-1`],
      ['PUT', `/v1/scopes/acme/admins/${inPath}`],
      ['DELETE', `/v1/scopes/${inPath}/schedules/s`],
      ['PUT', `/v1/scopes/acme/schedules/${inPath}`],
    ] as const)
      expect((await call('operator', path, { method, body: JSON.stringify(rhythm) })).status).toBe(400);
    for (const token of [await customer(server, 'acme', half), await customer(server, half, 'u-1')])
      expect((await token('/v1/exports', { method: 'POST', body: '{"scope_id":"acme"}' })).status).toBe(403);
    // Nothing of it was begun.
    expect(actionsOf((await exportLog({}, 'operator')).own)).toEqual([
      ['admin.grant', 'true'],
      ['export.request', 'true'],
    ]);
  });

  it('nobody by a token that is forged, expired or of another installation', async () => {
    const server = await startServer();
    await server.admin('acme', 'u-1');
    const key = await readTokenKey(join(server.data, 'token-key'));
    const good = await signToken(key, 'acme', 'u-1', '1h');
    const get = async (token: string) =>
      (await fetch(`${server.url}/v1/exports`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await get(good)).toBe(200);
    const [head, , signature] = good.split('.');
    const forged = Buffer.from(
      JSON.stringify({ sub: 'u-1', scope_id: 'other', iss: 'annals', aud: 'annals', exp: 9e9 }),
    ).toString('base64url');
    for (const token of [
      `${head}.${forged}.${signature}`,
      await signToken(key, 'acme', 'u-1', '-1s'),
      await signToken(Buffer.alloc(32), 'acme', 'u-1', '1h'),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`,
    ])
      expect(await get(token)).toBe(401);
  });
});

describe('admins', () => {
  it('are granted and revoked by the operator, once each, and listed', async () => {
    const { admin, call, exportLog } = await startServer();
    const list = async () => (await jsonOf(call('operator', '/v1/scopes/acme/admins'))).admins;
    for (const _ of [1, 2]) expect((await admin('acme', 'ü/..')).status).toBe(200);
    expect((await admin('acme', 'u-2')).status).toBe(200);
    expect((await list()).map(({ user_id }) => user_id).sort()).toEqual(['u-2', 'ü/..']);
    for (const _ of [1, 2]) expect((await admin('acme', 'ü/..', 'DELETE')).status).toBe(204);
    expect((await list()).map(({ user_id }) => user_id)).toEqual(['u-2']);
    expect((await call('support', '/v1/scopes/acme/admins')).status).toBe(403);
    for (const what of ['admins', 'schedules']) {
      expect(await jsonOf(call('operator', `/v1/scopes/acme/${what}`))).toMatchObject({ cursor: null });
      const wrong = await call('operator', `/v1/scopes/acme/${what}?cursor=..`);
      expect([wrong.status, (await jsonOf(wrong)).code]).toEqual([400, 'invalid_cursor']);
      const behindAll = await call('operator', `/v1/scopes/acme/${what}?cursor=${'f'.repeat(64)}`);
      expect(await jsonOf(behindAll)).toMatchObject({ [what]: [], cursor: null });
    }
    expect((await call('operator', '/v1/scopes/acme/admins/~%25', { method: 'PUT' })).status).toBe(400);
    const { own } = await exportLog({}, 'operator');
    expect(actionsOf(own)).toEqual([
      ['admin.grant', 'true'],
      ['admin.grant', 'true'],
      ['admin.revoke', 'true'],
      ['export.request', 'true'],
    ]);
    expect(JSON.parse(own[0]!.target)).toEqual({ id: 'ü/..', type: 'user' });
  });

  it('are not granted while the log takes no record of it', async () => {
    withoutPauses();
    let isRefusing = true;
    const { admin, request } = await startServer({
      stream: { fault: () => (isRefusing ? 'InternalFailure' : undefined) },
    });
    const response = await admin('acme', 'u-1');
    expect([response.status, (await jsonOf(response)).code]).toEqual([503, 'not_recorded']);
    isRefusing = false;
    // Tick carries the change on, or the next who asks; until then nobody is an admin.
    await vi.waitFor(async () => expect((await admin('acme', 'u-1')).status).toBe(200));
    expect((await request(question)).status).toBe(202);
  });
});

describe('the log audits itself', () => {
  it('says who asked, for whom and why, who was refused, how it ended and who fetched it', async () => {
    const { admin, request, finished, call, exportLog, post } = await startServer();
    await admin('acme', 'u-1');
    await post(eventText());
    expect((await request({ ...question, requested_by: 'u-2' })).status).toBe(403);
    const { id } = await jsonOf(request(question));
    await finished(id);
    for (const _ of [1, 2]) await call('support', `/v1/exports/${id}/download`);
    const { own } = await exportLog({}, 'operator');
    expect(actionsOf(own)).toEqual([
      ['admin.grant', 'true'],
      ['export.request', 'false'],
      ['export.request', 'true'],
      ['export.complete', 'true'],
      ['export.download', 'true'],
      ['export.download', 'true'],
      ['export.request', 'true'],
    ]);
    const [, refused, granted, complete, download] = own;
    expect(JSON.parse(refused!.payload)).toMatchObject({
      requested_by: 'u-2',
      reason: 'ticket 1',
      refused: 'not_an_admin',
    });
    expect(JSON.parse(granted!.payload)).toMatchObject({ requested_by: 'u-1', reason: 'ticket 1' });
    expect(JSON.parse(granted!.actor)).toEqual({
      id: 'annals-support',
      type: 'support',
    });
    expect(JSON.parse(granted!.request)).toMatchObject({ ip_address: '127.0.0.1' });
    expect(JSON.parse(granted!.target)).toEqual({ id, type: 'export' });
    expect(JSON.parse(complete!.payload)).toMatchObject({
      rows: 4,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.parse(download!.target)).toEqual({ id, type: 'export' });
  });

  it('puts the refusal of an admin who reaches for another scope into their own log', async () => {
    const server = await startServer();
    await server.admin('acme', 'u-1');
    const call = await customer(server, 'acme', 'u-1');
    expect((await call('/v1/exports', { method: 'POST', body: '{"scope_id":"other"}' })).status).toBe(403);
    expect(actionsOf((await server.exportLog({}, 'operator')).own)).toContainEqual([
      'export.request',
      'false',
    ]);
    expect((await server.exportLog({ scope_id: 'other' }, 'operator')).own).toHaveLength(1);
  });

  it('shows nothing while it cannot be recorded', async () => {
    withoutPauses();
    let isRefusing = false;
    const { admin, ask, finished, call, request } = await startServer({
      stream: { fault: () => (isRefusing ? 'InternalFailure' : undefined) },
    });
    await admin('acme', 'u-1');
    const { id } = await jsonOf(ask(question));
    await finished(id);
    isRefusing = true;
    const download = await call('support', `/v1/exports/${id}/download`);
    expect([download.status, download.headers.get('location')]).toEqual([503, null]);
    expect((await request({ ...question, requested_by: 'u-2' })).status).toBe(503);
    expect((await request(question)).status).toBe(503);
  });

  it("says who asked for all scopes, in the installation's own log, and lists those exports apart", async () => {
    const { admin, request, finished, call, exportLog } = await startServer();
    await admin('acme', 'u-1');
    const everything = { all_scopes: true, reason: 'audit 7' };
    expect((await request(everything, 'support')).status).toBe(403);
    const { id } = await jsonOf(request(everything, 'operator'));
    expect(await finished(id, 'operator')).toMatchObject({ scope_id: null, all_scopes: true });
    await call('operator', `/v1/exports/${id}/download`);
    expect(await jsonOf(call('operator', `/v1/exports/${id}/manifest`))).toMatchObject({ all_scopes: true });
    const { id: ofOne } = await jsonOf(request({ scope_id: 'acme' }, 'operator'));
    await finished(ofOne, 'operator');
    const list = async (role: 'operator' | 'support', query: string) => {
      const response = await call(role, `/v1/exports${query}`);
      return [response.status, ((await jsonOf(response)).exports as { id: string }[])?.map(job => job.id)];
    };
    expect(await list('operator', '?all_scopes=true')).toEqual([200, [id]]);
    expect(await list('operator', '')).toEqual([200, [ofOne, id]]);
    expect(await list('support', '')).toEqual([200, [ofOne]]);
    expect(await list('support', '?all_scopes=true')).toEqual([403, undefined]);
    for (const query of ['?all_scopes=yes', '?all_scopes=true&scope_id=acme'])
      expect(await list('operator', query)).toEqual([400, undefined]);

    expect((await exportLog({ scope_id: 'acme' }, 'operator')).own.map(({ target }) => target)).not.toContain(
      JSON.stringify({ id, type: 'export' }),
    );
    const { own } = await exportLog({ scope_id: undefined }, 'operator');
    const told = own.flatMap(({ action, success, scope, payload }) => {
      const { all_scopes, reason } = JSON.parse(payload) as { all_scopes?: boolean; reason?: string };
      return all_scopes ? [[action.slice(10), success, scope, reason]] : [];
    });
    expect(told).toEqual([
      ['export.request', 'false', '', null],
      ['export.request', 'true', '', 'audit 7'],
      ['export.complete', 'true', '', 'audit 7'],
      ['export.download', 'true', '', undefined],
      ['export.request', 'true', '', 'test'],
    ]);
  });

  it('refuses those actions from outside', async () => {
    const { post } = await startServer();
    expect((await post(eventText({ action: 'audit_log.export.request' }))).rejected).toMatchObject([
      { code: 'reserved_action' },
    ]);
  });
});

describe('an export', () => {
  it('estimates its cost without running', async () => {
    const { post, admin, request, call, exportLog } = await startServer();
    await admin('acme', 'u-1');
    await post(eventText());
    await exportLog();
    const response = await request({ ...question, dry_run: true });
    expect(response.status).toBe(200);
    const estimate = await jsonOf(response);
    expect(estimate).toMatchObject({
      dry_run: true,
      slices: 1,
      objects: expect.any(Number),
      estimated_cost_usd: expect.closeTo(0.00005, 5),
    });
    expect(estimate.bytes).toBeGreaterThan(100);
    const { exports } = await jsonOf(call('support', '/v1/exports?scope_id=acme'));
    expect(exports).toHaveLength(1);
    const { json } = {
      json: await jsonOf(request({ ...question, dry_run: true, from: '2020-01-01', to: '2020-01-02' })),
    };
    expect(json.objects).toBeLessThan(estimate.objects);
  });

  it.each<[object, number[]]>([
    [{ action: 'context.create' }, [1, 2]],
    [{ action: 'context.*' }, [1, 2, 3]],
    [{ action: 'context' }, []],
    [{ actor: 'u-2' }, [2, 4]],
    [{ target: "it's" }, [4]],
    [{ success: false }, [3]],
    [{ request_id: 'r-1' }, [1]],
    [{ client_trace_id: 'trace' }, [1]],
    [{ action: 'context.*', actor: 'u-2' }, [2]],
  ])('filtered by %o has those events alone, and accounts for all others', async (filter, expected) => {
    const { post, ask, finished, download, call } = await startServer();
    const event = (n: number, change: object) => eventText({ id: uuid(n), request: null, ...change });
    const events = [
      event(1, { request: { id: 'r-1', ip_address: '127.0.0.1', client_trace_id: 'trace' } }),
      event(2, { actor: { id: 'u-2', type: 'user' } }),
      event(3, { action: 'context.delete', success: false }),
      event(4, {
        action: 'contexts.create',
        actor: { id: 'u-2', type: 'user' },
        target: { id: "it's", type: 't' },
      }),
    ];
    await post(`[${events.join()}]`);
    // A copy that says something else does not bring its event back, nor take it away.
    await post(event(1, { action: 'other.action', actor: { id: 'u-2', type: 'user' } }));
    const { id } = await jsonOf(ask({ scope_id: 'acme', filter, to: '2026-07-01' }, 'operator'));
    expect(await finished(id, 'operator')).toMatchObject({ status: 'succeeded', filter });
    const rows = parseCsv(await download(id, 'operator'));
    expect(rows.map(row => Number(row.id.slice(-2)))).toEqual(expected);
    const manifest = await jsonOf(call('operator', `/v1/exports/${id}/manifest`));
    expect(manifest).toMatchObject({
      filter,
      rows_read: 5,
      rows: expected.length,
      duplicates: expected.includes(1) ? 1 : 0,
    });
    expect(manifest.rows + manifest.duplicates + manifest.filtered).toBe(5);
  });

  it('comes gzipped if that is requested, with the size and the hash of that file', async () => {
    const { post, ask, finished, call, exportLog } = await startServer();
    await post(eventText());
    const plain = await exportLog({}, 'operator');
    const { id } = await jsonOf(ask({ scope_id: 'acme', compression: 'gzip' }, 'operator'));
    const job = await finished(id, 'operator');
    const link = await call('operator', `/v1/exports/${id}/download`);
    const response = await fetch(link.headers.get('location')!);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-disposition')).toMatch(/\.csv\.gz"$/);
    expect(job).toMatchObject({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(gunzipSync(bytes).toString().startsWith(plain.csv)).toBe(true);
    expect(await jsonOf(call('operator', `/v1/exports/${id}/manifest`))).toMatchObject({
      compression: 'gzip',
      bytes: bytes.length,
    });
  });

  it.each([
    ['csv', 'csv', 'text/csv; charset=utf-8'],
    ['csv-excel', 'csv', 'text/csv; charset=utf-8'],
    ['ndjson', 'ndjson', 'application/x-ndjson'],
  ])(
    'comes as %s, compressed or not, of one and the same statement',
    async (format, extension, contentType) => {
      const statements: string[] = [];
      const fault = (sql: string) =>
        void statements.push(sql.replaceAll(/2\d{3}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'));
      const { post, ask, finished, call } = await startServer({ athena: { fault } });
      await post(eventText({ actor: { id: '=1', type: 'user', name: 'a;b' }, payload: { a: 'x;y' } }));
      const files: Buffer[] = [];
      const window = { scope_id: 'acme', to: '2026-07-01' };
      for (const compression of [undefined, 'gzip']) {
        const { id } = await jsonOf(ask({ ...window, format, compression }, 'operator'));
        const job = await finished(id, 'operator');
        expect(job).toMatchObject({ status: 'succeeded', format, rows: 1 });
        const link = await call('operator', `/v1/exports/${id}/download`);
        const response = await fetch(link.headers.get('location')!);
        const bytes = Buffer.from(await response.arrayBuffer());
        const suffix = compression === 'gzip' ? '.gz' : '';
        expect(response.headers.get('content-type')).toBe(suffix === '' ? contentType : 'application/gzip');
        expect(response.headers.get('content-disposition')).toMatch(
          new RegExp(
            `^attachment; filename="audit-log-[0-9-]{10}-[0-9a-f]{8}\\.${extension}${suffix.replace('.', '\\.')}"$`,
          ),
        );
        expect(job).toMatchObject({
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        });
        expect(await jsonOf(call('operator', `/v1/exports/${id}/manifest`))).toMatchObject({
          format,
          compression: compression ?? null,
          warnings: [],
          rows: 1,
        });
        files.push(suffix === '' ? bytes : gunzipSync(bytes));
      }
      expect(files[0]!.equals(files[1]!)).toBe(true);
      const plain = await jsonOf(ask(window, 'operator'));
      expect(await finished(plain.id, 'operator')).toMatchObject({ format: 'csv' });
      expect(statements).toHaveLength(3);
      expect(new Set(statements).size).toBe(1);
      expect(statements[0]).not.toMatch(/json/i);
      const said = files[0]!.toString();
      if (format === 'ndjson')
        expect(JSON.parse(said)).toMatchObject({ actor: { name: 'a;b' }, payload: { a: 'x;y' } });
      else expect(said.startsWith('\ufeff')).toBe(format === 'csv-excel');
      if (format === 'csv-excel') expect(said).toContain(`"'=1","user","a\\u003bb"`);
    },
  );

  it('of another format under the same idempotency key is another request', async () => {
    const { request } = await startServer();
    const ask = async (format?: string) =>
      (await request({ scope_id: 'acme', format }, 'operator', { 'idempotency-key': 'k' })).status;
    expect([await ask('ndjson'), await ask('ndjson'), await ask('csv-excel'), await ask()]).toEqual([
      202, 202, 409, 409,
    ]);
  });

  it('has both copies of a conflict in its manifest, as they were filed', async () => {
    const { post, exportLog, call } = await startServer();
    for (const name of ['first', 'second', 'second', 'third']) await post(eventText({ payload: { name } }));
    const { job, rows } = await exportLog({ format: 'csv-excel' }, 'operator');
    expect(job).toMatchObject({ conflicts: 1, duplicates: 3 });
    expect(rows.map(({ payload }) => payload)).toEqual(['{"name":"first"}']);
    const response = await call('operator', `/v1/exports/${job.id}/manifest`);
    const { conflicts } = (await response.json()) as {
      conflicts: { first: { copies: { filed_at: string; event: Record<string, string | null> }[] }[] };
    };
    const [{ copies }] = conflicts.first as [
      { copies: { filed_at: string; event: Record<string, string> }[] },
    ];
    expect(copies.map(({ event }) => event.payload)).toEqual(['{"name":"first"}', '{"name":"second"}']);
    expect(copies[0]!.filed_at < copies[1]!.filed_at).toBe(true);
    expect(Object.keys(copies[1]!.event)).toEqual(exportedColumns.map(({ name }) => name));
    expect(JSON.stringify(conflicts)).not.toContain('sha256');
  });

  it('counts in its manifest what was truncated and repaired, and warns of the first', async () => {
    const { post, ask, finished, call } = await startServer();
    const { events } = await post(eventText({ payload: { text: 'x'.repeat(300_000) } }));
    expect(events).toMatchObject([{ warnings: [{ code: 'truncated' }] }]);
    await post(eventText({ id: uuid(2), payload: [1] }));
    await post(eventText({ id: uuid(3) }));
    const { id } = await jsonOf(ask({ scope_id: 'acme' }, 'operator'));
    expect(await finished(id, 'operator')).toMatchObject({ warnings: [{ code: 'truncated', count: 1 }] });
    expect(await jsonOf(call('operator', `/v1/exports/${id}/manifest`))).toMatchObject({
      truncated: 1,
      event_warnings: { truncated: 1, wrapped: 1 },
    });
  });

  it('as ndjson has what readers make different things of as text, and says so', async () => {
    const { post, ask, finished, download } = await startServer();
    const payload = '{"a":1,"a":1e400,"b":"\\ud800"}';
    const odd = eventText().replace(/"payload":\{[^}]*\}/, `"payload":${payload}`);
    expect((await post(odd)).status).toBe(202);
    const { id } = await jsonOf(ask({ scope_id: 'acme', format: 'ndjson', to: '2026-07-01' }, 'operator'));
    await finished(id, 'operator');
    const lines = (await download(id, 'operator')).trimEnd().split('\n');
    expect(lines.map(line => JSON.parse(line) as object)).toMatchObject([
      { payload, irregular: ['payload'], actor: { id: 'u-1' } },
    ]);
  });

  it('says in job and manifest that its scope has no event, and what a spreadsheet cuts', async () => {
    const { post, ask, finished, call } = await startServer();
    await post(eventText({ payload: { a: 'x'.repeat(40_000) } }));
    const warningsOf = async (body: { scope_id: string; to?: string; format?: string }) => {
      const { id } = await jsonOf(ask(body, 'operator'));
      const { warnings = [] } = (await finished(id, 'operator')) as { warnings?: { code: string }[] };
      const manifest = (await jsonOf(call('operator', `/v1/exports/${id}/manifest`))) as unknown as {
        warnings: { code: string; first: { id: string }[] }[];
      };
      expect(manifest.warnings.map(({ code }) => code)).toEqual(warnings.map(({ code }) => code));
      return manifest.warnings.map(({ code, first }) => [code, first.length]);
    };
    expect(await warningsOf({ scope_id: 'acmee' })).toEqual([['no_events', 0]]);
    expect(await warningsOf({ scope_id: 'acme', to: '2020-01-01' })).toEqual([['no_events', 0]]);
    expect(await warningsOf({ scope_id: 'acme' })).toEqual([]);
    expect(await warningsOf({ scope_id: 'acme', format: 'csv-excel' })).toEqual([['long_cells', 1]]);
  });

  it('is the same, whether it is one slice or many', async () => {
    const { post, data, exportLog, stop } = await startServer();
    const events = Array.from({ length: 300 }, (_, n) =>
      eventText({
        id: uuid(n % 250),
        occurred_at: new Date(Date.now() - 5000 - n * 600_000).toISOString().replace(/\.\d+Z/, 'Z'),
      }),
    );
    await post(events.join('\n'), 'application/x-ndjson');
    await post(events.slice(0, 40).join('\n'), 'application/x-ndjson');
    // What the log says of its exports is left out by the filter: a bound at the clock would leave few cuts
    // after midnight.
    const question = { filter: { action: 'context.create' } };
    const whole = await exportLog(question, 'operator');
    await stop();
    const sliced = await startServer({ data, maxSliceBytes: 2400 });
    const again = await sliced.exportLog(question, 'operator');
    const manifest = await jsonOf(sliced.call('operator', `/v1/exports/${again.job.id}/manifest`));
    expect(manifest.slices).toBeGreaterThan(5);
    expect(again.csv).toBe(whole.csv);
    expect(again.job).toMatchObject({
      rows: 300,
      duplicates: 40,
      conflicts: 0,
      reused_ids: whole.job.reused_ids,
      sha256: whole.job.sha256,
    });
  });

  it('has a manifest with who, why, the window, what was read, its cost and the times of its steps', async () => {
    const { post, exportLog, call } = await startServer();
    await post(eventText());
    const { job } = await exportLog({ from: '2026-01-01' });
    const manifest = await jsonOf(call('support', `/v1/exports/${job.id}/manifest`));
    expect(manifest).toMatchObject({
      requested_by: 'u-1',
      reason: 'test',
      run_by: { role: 'support' },
      window: { field: 'occurred_at', from: '2026-01-01T00:00:00.000000000Z', to: null },
      schedule: null,
      in_earlier_runs: 0,
      compression: null,
      slices: 1,
      estimated_cost_usd: expect.any(Number),
    });
    const times = Object.values(manifest.times);
    expect(times).toEqual([...times].sort());
    expect(times).toHaveLength(5);
  });

  it('that failed is retried by one request, over the log as it is then', async () => {
    let isLost = true;
    const { post, ask, finished, call, download, exportLog } = await startServer({
      athena: { fault: () => (isLost ? 'lost' : undefined) },
    });
    await post(eventText());
    const { id } = await jsonOf(ask(question));
    expect(await finished(id)).toMatchObject({ status: 'failed' });
    expect((await call('support', `/v1/exports/${id}/download`)).status).toBe(409);
    isLost = false;
    await post(eventText({ id: uuid(2) }));
    expect((await call('emitter', `/v1/exports/${id}/retry`, { method: 'POST' })).status).toBe(403);
    const retried = await call('support', `/v1/exports/${id}/retry`, { method: 'POST' });
    expect([retried.status, (await jsonOf(retried)).retries]).toEqual([202, 1]);
    expect(await finished(id)).toMatchObject({ status: 'succeeded' });
    expect(parseCsv(await download(id)).filter(({ action }) => action === 'context.create')).toHaveLength(2);
    expect((await call('support', `/v1/exports/${id}/retry`, { method: 'POST' })).status).toBe(409);
    const { own } = await exportLog({}, 'operator');
    expect(actionsOf(own).filter(([action]) => action!.startsWith('export.'))).toEqual([
      ['export.request', 'true'],
      ['export.fail', 'false'],
      ['export.request', 'true'],
      ['export.complete', 'true'],
      ['export.download', 'true'],
      ['export.request', 'true'],
    ]);
  });

  it('does not stay open forever if Athena takes no query', async () => {
    const clock = movableClock();
    const { ask, finished } = await startServer({
      athena: { throttle: () => true },
      openSeconds: 10,
      tickMs: 300,
    });
    const { id } = await jsonOf(ask(question));
    clock.aheadMs = 11_000;
    expect(await finished(id)).toMatchObject({ status: 'failed', failure: { reason: 'timed_out' } });
  });

  it('waits if Athena has too many queries, and continues', async () => {
    let refusals = 3;
    const { post, exportLog } = await startServer({
      athena: { throttle: () => refusals-- > 0 },
      tickMs: 100,
    });
    await post(eventText());
    expect((await exportLog({}, 'operator')).job).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(refusals).toBeLessThan(0);
  });
});

describe('a schedule', () => {
  const daily = { every: 'daily', at: '06:00', time_zone: 'Europe/Berlin', requested_by: 'u-1', reason: 'r' };
  const open = async (change: Parameters<typeof startServer>[0] = {}) => {
    const server = await startServer(change);
    await server.admin('acme', 'u-1');
    const schedule = (method: string, path = '/nightly', body?: object) =>
      server.call('support', `/v1/scopes/acme/schedules${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    /** Runs now; gives the rows of emitters. */
    const runNow = async () => {
      const response = await schedule('POST', '/nightly/runs');
      expect(response.status).toBe(202);
      const { export_id } = await jsonOf(response);
      const job = await server.finished(export_id);
      const rows =
        job.status === 'succeeded'
          ? parseCsv(await server.download(export_id)).filter(({ action }) => action === 'context.create')
          : [];
      return { job, rows: rows.map(({ id }) => id) };
    };
    return { ...server, schedule, runNow };
  };

  it('is set, shown, changed, paused, resumed and deleted, and its id cannot be used again', async () => {
    const { schedule, exportLog } = await open();
    expect((await schedule('GET')).status).toBe(404);
    expect((await schedule('PUT', '/nightly', daily)).status).toBe(201);
    expect(await jsonOf(schedule('PUT', '/nightly', { ...daily, at: '07:00' }))).toMatchObject({
      at: '07:00',
      paused: false,
      next_run_at: expect.stringContaining(':00:00'),
    });
    expect(await jsonOf(schedule('PUT', '/nightly', { ...daily, paused: true }))).toMatchObject({
      paused: true,
      next_run_at: null,
    });
    expect(await jsonOf(schedule('PUT', '/nightly', daily))).toMatchObject({ paused: false });
    expect((await jsonOf(schedule('GET', ''))).schedules).toMatchObject([{ id: 'nightly' }]);
    expect((await schedule('PUT', '/nightly', { ...daily, from: '2026-01-01' })).status).toBe(400);
    expect((await schedule('DELETE')).status).toBe(204);
    expect((await schedule('GET')).status).toBe(404);
    expect((await jsonOf(schedule('GET', ''))).schedules).toEqual([]);
    expect((await schedule('PUT', '/nightly', daily)).status).toBe(409);
    const { own } = await exportLog({}, 'operator');
    expect(actionsOf(own).map(([action]) => action)).toEqual([
      'admin.grant',
      'schedule.create',
      'schedule.update',
      'schedule.pause',
      'schedule.update',
      'schedule.delete',
      'export.request',
    ]);
  });

  it('is for an admin only, and refuses bad shapes by name', async () => {
    const { schedule, exportLog } = await open();
    for (const [change, path] of [
      [{ from: '9999-12-31T23:00:00Z' }, '/from'],
      [{ time_zone: '+01:00' }, '/time_zone'],
    ] as const)
      expect(await jsonOf(schedule('PUT', '/nightly', { ...daily, ...change }))).toMatchObject({
        code: 'invalid_request',
        path,
      });
    expect((await schedule('PUT', '/nightly', { ...daily, requested_by: 'u-2' })).status).toBe(403);
    expect(await jsonOf(schedule('PUT', '/nightly', { ...daily, every: 'hourly' }))).toMatchObject({
      code: 'invalid_request',
      path: '/every',
    });
    expect(actionsOf((await exportLog({}, 'operator')).own)).toContainEqual(['schedule.create', 'false']);
  });

  it('puts each event into exactly one run: duplicates, late ones and those between', async () => {
    const { post, schedule, runNow } = await open();
    await schedule('PUT', '/nightly', daily);
    const old = '2026-06-23T11:00:00Z';
    const now = () => new Date().toISOString();
    const [first, second] = [now(), now()];
    await post(eventText({ id: uuid(1), occurred_at: first }));
    await post(eventText({ id: uuid(2), occurred_at: old }));
    const one = await runNow();
    expect(one.rows.sort()).toEqual([uuid(1), uuid(2)]);

    // Copies of what has been given, on time and late; and what is new, late and on time.
    await post(eventText({ id: uuid(1), occurred_at: first }));
    await post(eventText({ id: uuid(2), occurred_at: old }));
    await post(eventText({ id: uuid(3), occurred_at: '2026-03-01T00:00:00Z' }));
    await post(eventText({ id: uuid(4), occurred_at: second }));
    await post(eventText({ id: uuid(4), occurred_at: second }));
    const two = await runNow();
    expect(two.rows.sort()).toEqual([uuid(3), uuid(4)]);
    expect(two.job).toMatchObject({ duplicates: 1 });
    expect(two.job.in_earlier_runs).toBeGreaterThanOrEqual(4);

    await post(eventText({ id: uuid(4), occurred_at: second }));
    const three = await runNow();
    expect(three.rows).toEqual([]);
    expect((await jsonOf(schedule('GET', '/nightly/runs'))).runs).toMatchObject([
      { n: 3, status: 'succeeded' },
      { n: 2 },
      { n: 1, filed_from: null },
    ]);
  });

  it('carries its format and compression into its runs', async () => {
    const { schedule, runNow, post, finished } = await open();
    const put = (change: object) => jsonOf(schedule('PUT', '/nightly', { ...daily, ...change }));
    expect(await put({})).toMatchObject({ format: 'csv' });
    expect(await put({ format: 'ndjson', compression: 'gzip' })).toMatchObject({ format: 'ndjson' });
    expect(await put({ format: 'xml' })).toMatchObject({ code: 'invalid_request', path: '/format' });
    await post(eventText());
    const response = await schedule('POST', '/nightly/runs');
    const { export_id } = await jsonOf(response);
    expect(await finished(export_id)).toMatchObject({
      status: 'succeeded',
      format: 'ndjson',
      compression: 'gzip',
    });
    expect(await put({ format: 'csv' })).toMatchObject({ format: 'csv' });
    expect((await runNow()).job).toMatchObject({ format: 'csv' });
  });

  it('accounts for every row that a run reads', async () => {
    const { post, schedule, runNow, call } = await open();
    await schedule('PUT', '/nightly', daily);
    await post(eventText());
    await runNow();
    await post(eventText());
    const { job } = await runNow();
    expect(job.schedule).toMatchObject({ schedule_id: 'nightly', n: 2 });
    const manifest = await jsonOf(call('support', `/v1/exports/${job.id}/manifest`));
    expect(manifest).toMatchObject({ window: { field: 'filed_at' }, schedule: { id: 'nightly', run: 2 } });
    expect(manifest.schedule, 'as in the job').toMatchObject(job.schedule);
    expect(manifest.rows_read).toBe(manifest.rows + manifest.duplicates + manifest.in_earlier_runs);
    expect(manifest.in_earlier_runs).toBeGreaterThan(1);
  });

  it('pauses and says so if its owner is no longer an admin', async () => {
    const { schedule, admin, data, stop } = await open();
    await schedule('PUT', '/nightly', daily);
    await admin('acme', 'u-1', 'DELETE');
    expect((await schedule('POST', '/nightly/runs')).status).toBe(403);
    await stop();
    // Two days later, by the clock of the server.
    shiftClock(2);
    const later = await startServer({ data, tickMs: 100 });
    const show = async () => jsonOf(later.call('support', '/v1/scopes/acme/schedules/nightly'));
    await vi.waitFor(async () => expect(await show()).toMatchObject({ paused: true }), { timeout: 60_000 });
    const { own } = await later.exportLog({}, 'operator');
    const pause = own.find(({ action }) => action === 'audit_log.schedule.pause')!;
    expect(JSON.parse(pause.payload).because).toContain('no admin');
    expect(JSON.parse(pause.actor)).toEqual({ id: 'annals', type: 'service' });
  });

  it('catches up with missed runs, in order, and a doubled tick makes one run', async () => {
    const { schedule, data, stop, post } = await open();
    await schedule('PUT', '/nightly', daily);
    await post(eventText());
    await stop();
    shiftClock(3);
    const later = await startServer({ data, tickMs: 100 });
    const runs = async () =>
      (await jsonOf(later.call('support', '/v1/scopes/acme/schedules/nightly/runs'))).runs;
    await vi.waitFor(
      async () => {
        expect(await runs()).toHaveLength(3);
        expect((await runs()).map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      },
      { timeout: 60_000 },
    );
    const [three, two, one] = await runs();
    expect([one!.n, two!.filed_from, three!.filed_from]).toEqual([1, one!.filed_to, two!.filed_to]);
    // Each start looks for what is due, and a stop waits until that has ended.
    await later.stop();
    await (await startServer({ data })).stop();
    const last = await startServer({ data });
    const after = await jsonOf(last.call('support', '/v1/scopes/acme/schedules/nightly/runs'));
    expect(after.runs).toHaveLength(3);
  });

  it('notifies of a failure too, and its run can be retried', async () => {
    let isLost = true;
    const told: string[] = [];
    const { schedule, runNow, call, finished, post, download } = await open({
      athena: { fault: () => (isLost ? 'lost' : undefined) },
      log: (_, message) => void told.push(message),
    });
    await schedule('PUT', '/nightly', daily);
    await post(eventText());
    const { job } = await runNow();
    expect(job).toMatchObject({ status: 'failed' });
    expect(told).toContain('Audit log: run 1 of the schedule nightly failed');
    isLost = false;
    await post(eventText({ id: uuid(2) }));
    expect((await call('support', `/v1/exports/${job.id}/retry`, { method: 'POST' })).status).toBe(202);
    expect(await finished(job.id)).toMatchObject({ status: 'succeeded' });
    // The window is the run's own: what was filed since is the next one's.
    expect(parseCsv(await download(job.id)).filter(({ action }) => action === 'context.create')).toHaveLength(
      1,
    );
    expect((await runNow()).rows).toEqual([uuid(2)]);
  });
});
