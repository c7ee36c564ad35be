import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { NotRecorded } from '#aws/self-audit.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import { type ProblemCode, problems } from '#domain/http/problem.ts';
import { roleArn } from '#embedded/account.ts';
import { startForwarding } from '#embedded/forward/forwarding-server.ts';
import { Gateway } from '#embedded/http/gateway.ts';
import { HttpServer, type Respond } from '#embedded/http/http-server.ts';
import { type DescribeWorld, describe as describeLog } from '#functions/describe.ts';
import { exportApi } from '#functions/export.ts';
import type { ExportApiWorld } from '#functions/http/find-export.ts';
import { type ManageWorld, manage } from '#functions/manage.ts';
import { type ReceiveWorld, receive } from '#functions/receive.ts';
import { anId, eventText } from '#test/support/builders.ts';
import { askAsPage, post } from '#test/support/page.ts';
import { raw, readAnswers } from '#test/support/raw-http.ts';
import { filesNothing, startServer } from '#test/support/server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;
type Told = { status: number; title: string; code: string };

const told = async (response: Response | Promise<Response>): Promise<Told> => {
  const answer = await response;
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return (await answer.json()) as Told;
};
const toldRaw = async (url: string, bytes: string): Promise<Told> =>
  JSON.parse(readAnswers(await raw(url, bytes))[0]!.body) as Told;
const toldBy = ({ body }: { body: string }): Told => JSON.parse(body) as Told;

const silent = () => undefined;

/** A server over a function of one's own. */
const withHttpServer = async (
  respond: Respond,
  limits: object,
  ask: (url: string) => Promise<Told>,
): Promise<Told> => {
  const server = new HttpServer(respond, silent, limits);
  const url = await server.listen('127.0.0.1', 0);
  try {
    return await ask(url);
  } finally {
    await server.stop();
  }
};

const request = {
  headers: {},
  isBase64Encoded: false,
  requestContext: {
    requestId: 'r',
    http: { sourceIp: '' },
    authorizer: { iam: { userArn: roleArn('operator') } },
  },
};
const callers = { operatorRoles: [roleArn('operator')], supportRoles: [], scopeClaim: undefined };
const manageWith = async (
  world: object,
  routeKey: string,
  pathParameters: Record<string, string>,
  body?: object,
) =>
  toldBy(
    await manage({
      nowMs: () => 0,
      log: silent,
      callers,
      ...world,
    } as unknown as ManageWorld)({ ...request, routeKey, pathParameters, body: JSON.stringify(body ?? {}) }),
  );

const question = { scope_id: 'acme', requested_by: 'u-1', reason: 'test' };
const rhythm = { every: 'daily', at: '06:00', time_zone: 'UTC', requested_by: 'u-1', reason: 'test' };
const get = (lines: string) => `GET /healthz HTTP/1.1\r\nConnection: close\r\n${lines}\r\n`;

/** The key of what is refused and kept of a body. */
const keep = async ({ call }: Server, body: string): Promise<string> => {
  const list = async () =>
    (await (await call('operator', '/v1/refused')).json()) as { items: { key: string; sha256: string }[] };
  const sha256 = createHash('sha256').update(body).digest('hex');
  await call('emitter', '/v1/events', { method: 'POST', body });
  return vi.waitFor(
    async () => {
      const item = (await list()).items.find(item => item.sha256 === sha256);
      expect(item).toBeDefined();
      return item!.key;
    },
    { timeout: 20_000, interval: 20 },
  );
};
const resend = ({ call }: Server, key: string) =>
  call('operator', `/v1/refused/${key}/resend`, { method: 'POST' });

const directory = { destination: { type: 'directory', path: 'acme' } };

/** What brings each code about: a code without it does not compile. */
const provocations: Record<ProblemCode, (server: Server, waiting: Server) => Promise<Told>> = {
  bad_request: ({ url }) => toldRaw(url, 'nonsense\r\n\r\n'),
  invalid_url: ({ call }) => told(call('operator', '/v1/exports/%zz')),
  repeated_parameter: ({ call }) => told(call('operator', '/v1/exports?cursor=1&cursor=1')),
  unknown_parameter: ({ call }) => told(call('operator', '/v1/exports?unknown=1')),
  empty_request: ({ call }) => told(call('emitter', '/v1/events', { method: 'POST' })),
  invalid_json: ({ call }) => told(call('support', '/v1/exports', { method: 'POST', body: '{' })),
  invalid_utf8: ({ call }) =>
    told(call('support', '/v1/exports', { method: 'POST', body: Buffer.from('ff', 'hex') })),
  invalid_gzip: ({ call }) =>
    told(
      call('emitter', '/v1/events', { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } }),
    ),
  invalid_deflate: ({ call }) =>
    told(
      call('emitter', '/v1/events', {
        method: 'POST',
        body: 'x',
        headers: { 'content-encoding': 'deflate' },
      }),
    ),
  invalid_request: server => told(server.request({ ...question, from: 'x' })),
  invalid_id: ({ call }) => told(call('operator', '/v1/exports?scope_id=')),
  invalid_idempotency_key: server => told(server.request(question, 'support', { 'idempotency-key': '' })),
  invalid_cursor: ({ call }) => told(call('operator', '/v1/gaps?cursor=!')),
  empty_window: server => told(server.request({ ...question, from: '2026-01-02', to: '2026-01-01' })),
  scope_required: server => told(server.request({}, 'operator')),
  requester_required: server => told(server.request({ scope_id: 'acme' })),
  reason_required: server => told(server.request({ scope_id: 'acme', requested_by: 'u-1' })),
  unauthorized: ({ call }) => told(call(undefined, '/v1/exports')),
  invalid_login: ({ url }) => told(askAsPage(url, '/v1/session', post({ login: 'x' }))),
  foreign_origin: ({ url }) =>
    told(askAsPage(url, '/v1/session', { headers: { origin: 'https://evil.example' } })),
  insecure_sign_in: async () => {
    const { url, stop } = await startServer({ front: { publicUrl: 'http://audit.example.com' } });
    const head = 'POST /v1/session HTTP/1.1\r\nHost: audit.example.com\r\nX-Annals-Page: 1\r\n';
    const answer = toldRaw(url, `${head}Connection: close\r\nContent-Length: 13\r\n\r\n{"login":"x"}`);
    return answer.finally(stop);
  },
  forbidden: ({ call }) => told(call('support', '/v1/gaps')),
  not_an_admin: server => told(server.request({ ...question, requested_by: 'nobody' })),
  link_expired: ({ url }) => told(fetch(`${url}/results/x?expires=1&signature=x`)),
  not_found: ({ call }) => told(call('operator', '/v1/nothing')),
  method_not_allowed: ({ call }) => told(call('operator', '/v1/events', { method: 'DELETE' })),
  request_timeout: () =>
    withHttpServer(
      async () => expect.unreachable(),
      { headersTimeoutMs: 100, requestTimeoutMs: 100 },
      url => toldRaw(url, 'GET'),
    ),
  idempotency_key_reused: async server => {
    const headers = { 'idempotency-key': 'a key' };
    await server.ask(question, 'support', headers);
    return told(server.ask({ ...question, reason: 'another' }, 'support', headers));
  },
  not_finished: async (_, waiting) => {
    const { id } = (await (await waiting.ask(question)).json()) as { id: string };
    return told(waiting.call('support', `/v1/exports/${id}/download`));
  },
  not_failed: async server => {
    const { id } = (await (await server.ask(question)).json()) as { id: string };
    return told(server.call('support', `/v1/exports/${id}/retry`, { method: 'POST' }));
  },
  schedule_deleted: async ({ call, admin }) => {
    const path = '/v1/scopes/acme/schedules/deleted';
    const put = () => call('operator', path, { method: 'PUT', body: JSON.stringify(rhythm) });
    await admin('acme', 'u-1');
    await put();
    await call('operator', path, { method: 'DELETE' });
    return told(put());
  },
  delivery_deleted: async ({ call }) => {
    const path = '/v1/scopes/acme/deliveries/deleted';
    const put = () => call('operator', path, { method: 'PUT', body: JSON.stringify(directory) });
    await put();
    await call('operator', path, { method: 'DELETE' });
    return told(put());
  },
  destination_fixed: async ({ call }) => {
    const path = '/v1/scopes/acme/deliveries/fixed';
    const put = (body: object) => call('operator', path, { method: 'PUT', body: JSON.stringify(body) });
    await put(directory);
    return told(put({ destination: { type: 'directory', path: 'other' } }));
  },
  confirmation_required: async ({ call }) => {
    const body = JSON.stringify({ ...directory, from: '2020-01-01' });
    return told(call('operator', '/v1/scopes/acme/deliveries/old', { method: 'PUT', body }));
  },
  destination_unavailable: () =>
    manageWith(
      { destinations: [], deliveries: { get: async () => undefined } },
      'PUT /v1/scopes/{scope_id}/deliveries/{id}',
      { scope_id: 'acme', id: 'd' },
      directory,
    ),
  too_many_replays: () =>
    manageWith(
      {
        deliveries: {
          get: async () => ({ definition: directory, replays: Array.from({ length: 21 }, () => ({})) }),
        },
        work: { progress: async () => ({ progress: { run: 1, replays_done: 1 } }) },
      },
      'POST /v1/scopes/{scope_id}/deliveries/{id}/replay',
      { scope_id: 'acme', id: 'd' },
      { first_run: 1, last_run: 1 },
    ),
  too_many_tests: () =>
    manageWith(
      {
        deliveries: { get: async () => ({ definition: directory }) },
        deliveryTests: { take: async () => 1000 },
      },
      'POST /v1/scopes/{scope_id}/deliveries/{id}/test',
      { scope_id: 'acme', id: 'd' },
      {},
    ),
  not_begun: async ({ call, admin }) => {
    const path = '/v1/scopes/acme/schedules/later';
    await admin('acme', 'u-1');
    await call('operator', path, { method: 'PUT', body: JSON.stringify({ ...rhythm, from: '9000-01-01' }) });
    return told(call('operator', `${path}/runs`, { method: 'POST' }));
  },
  changed_elsewhere: () =>
    manageWith(
      {
        schedules: { get: async () => undefined, append: async () => undefined },
        adminDirectory: { isAdmin: async () => true },
      },
      'PUT /v1/scopes/{scope_id}/schedules/{id}',
      { scope_id: 'acme', id: 's' },
      rhythm,
    ),
  gap_ended: async ({ data, call }) => {
    const path = `/v1/gaps/${putAside(data, 1)}/dismiss`;
    const dismiss = () => call('operator', path, { method: 'POST', body: '{"reason":"test"}' });
    expect((await dismiss()).status).toBe(200);
    return told(dismiss());
  },
  refused_again: async server => told(resend(server, await keep(server, '{"action":1}'))),
  refused_ended: async server => {
    const key = await keep(server, '{"action":2}');
    const dismiss = () =>
      server.call('operator', `/v1/refused/${key}/dismiss`, { method: 'POST', body: '{"reason":"test"}' });
    expect((await dismiss()).status).toBe(200);
    return told(dismiss());
  },
  not_resendable: async server => told(resend(server, await keep(server, ' '.repeat(4 * 1024 * 1024 + 1)))),
  not_redrivable: ({ data, call }) =>
    told(call('operator', `/v1/gaps/${putAside(data, 2)}/redrive`, { method: 'POST' })),
  directory_elsewhere: () =>
    manageWith({ admins: undefined }, 'GET /v1/scopes/{scope_id}/admins', { scope_id: 'acme' }),
  moved: async () => {
    const { data, stop } = await startServer();
    await stop();
    const send = () => Promise.reject(new Error('Not asked'));
    const server = await startForwarding({ data, stack: 'Annals', send, log: silent });
    try {
      return await told(fetch(`${server.url}/v1/gaps`));
    } finally {
      await server.stop();
    }
  },
  expired: async server => {
    const { whole } = await server.exportLog();
    rmSync(join(server.data, 'buckets', 'results', 'exports', whole.id), { recursive: true });
    return told(server.call('support', `/v1/exports/${whole.id}/download`));
  },
  body_too_large: ({ call }) =>
    told(call('emitter', '/v1/events', { method: 'POST', body: ' '.repeat(4 * 1024 * 1024 + 1) })),
  too_many_events: ({ call }) =>
    told(call('emitter', '/v1/events', { method: 'POST', body: `[${Array(10_001).fill('1').join()}]` })),
  url_too_long: ({ call }) => told(call('operator', `/v1/exports/${'x'.repeat(8192)}`)),
  unsupported_encoding: ({ call }) =>
    told(
      call('emitter', '/v1/events', { method: 'POST', body: '{}', headers: { 'content-encoding': 'br' } }),
    ),
  expectation_failed: ({ url }) => toldRaw(url, get('Host: x\r\nExpect: more\r\n')),
  no_valid_event: ({ call }) => told(call('emitter', '/v1/events', { method: 'POST', body: '1' })),
  misdirected: ({ url }) =>
    toldRaw(url, 'GET /v1/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
  too_many_attempts: async () => {
    const { url } = await startServer();
    const guess = () => askAsPage(url, '/v1/session/link', post({ login: 'x' }));
    for (let n = 0; n < 10; n++) await guess();
    return told(guess());
  },
  headers_too_large: ({ url }) => toldRaw(url, get(`Host: x\r\nX: ${'x'.repeat(33_000)}\r\n`)),
  record_unreadable: async server => {
    const { whole } = await server.exportLog();
    writeFileSync(join(server.data, 'buckets', 'state', 'exports', whole.id, '00000001.json'), '');
    return told(server.call('support', `/v1/exports/${whole.id}`));
  },
  internal_error: () =>
    withHttpServer(
      () => Promise.reject(new Error('secret')),
      {},
      url => told(fetch(url)),
    ),
  unsupported_transfer_encoding: ({ url }) =>
    toldRaw(url, get('Host: x\r\nTransfer-Encoding: gzip, chunked\r\n')),
  not_stored: async () => {
    const put = async (packs: unknown[]) => ({ positions: packs.map(() => undefined), reason: 'away' });
    const world = {
      stream: { put },
      buckets: 32,
      catalogue: installedCatalogue,
      nowMs: Date.now,
      clock: { tick: () => '2026-11-23T12:00:00.000000000Z' },
      newId: () => anId,
      log: silent,
      metrics: silent,
    } as unknown as ReceiveWorld;
    const invocation = {
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:receive',
      awsRequestId: 'r',
    };
    return toldBy(await receive(world)({ ...request, body: eventText() }, invocation));
  },
  stream_unavailable: async () => {
    const jobs = { get: async () => ({ status: 'created' }), create: async () => true };
    const world = { exports: { jobs, nowMs: () => 0, log: silent }, newId: () => anId, callers };
    return toldBy(
      await exportApi(world as unknown as ExportApiWorld)({
        ...request,
        routeKey: 'POST /v1/exports',
        body: '{"scope_id":"acme"}',
      }),
    );
  },
  not_recorded: () => {
    const get = () => Promise.reject(new NotRecorded({ cause: 'away' }));
    const parameters = { scope_id: 'acme', user_id: 'u-1' };
    return manageWith({ admins: { get } }, 'PUT /v1/scopes/{scope_id}/admins/{user_id}', parameters);
  },
  state_unavailable: async () => {
    const all = () => Promise.reject(new Error('The state cannot be read'));
    const world = { watermarks: { all }, buckets: 1, log: silent } as unknown as DescribeWorld;
    return toldBy(await describeLog(world)({ ...request, routeKey: 'GET /healthz' }));
  },
  rate_limited: async () => {
    const { call, stop } = await startServer({ rateLimit: 1 });
    const send = () =>
      call('emitter', '/v1/events', { method: 'POST', body: `[${Array(20).fill('1').join()}]` });
    await send();
    return told(send()).finally(stop);
  },
  starting: async () => {
    const gateway = new Gateway({
      keys: { find: async () => undefined },
      claimsOf: async () => undefined,
      routes: [{ key: 'GET /healthz', access: 'anyone', handle: () => expect.unreachable() }],
      s3: undefined as never,
      results: '',
      log: silent,
    });
    const url = await gateway.listen('127.0.0.1', 0);
    try {
      return await told(fetch(`${url}/healthz`));
    } finally {
      await gateway.stop();
    }
  },
  page_unavailable: async () => {
    const { url, stop } = await startServer({
      page: { folder: '/nowhere', build: () => Promise.reject(new Error('not built')) },
    });
    return vi
      .waitFor(async () => {
        const answer = await told(fetch(`${url}/`));
        expect(answer.code).not.toBe('starting');
        return answer;
      })
      .finally(stop);
  },
  too_many_connections: () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>(resolve => {
      answer = resolve;
    });
    let isAsked = (): void => undefined;
    const asked = new Promise<void>(resolve => {
      isAsked = resolve;
    });
    const respond: Respond = async () => {
      isAsked();
      await answered;
      return { statusCode: 200, headers: {}, body: '' };
    };
    return withHttpServer(respond, { connections: 1 }, async url => {
      const first = fetch(url);
      await asked;
      try {
        return await toldRaw(url, get('Host: x\r\n'));
      } finally {
        answer();
        await first;
      }
    });
  },
  unsupported_http_version: ({ url }) => toldRaw(url, 'GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n'),
};

/** A pack of no bucket, as archive would put it aside; gives its id. */
const putAside = (data: string, sequence: number): string => {
  const at = '2026-11-23T12:00:00.000000000Z';
  const folder = 'quarantine/bucket=any';
  const cause = `${folder}/${at}-s@x-1-${sequence}.json`;
  const record = {
    reason: 'A test',
    shard: 's',
    sequence: '1',
    arrival: at,
    partition_key: 'x',
    line: null,
    data: '',
  };
  mkdirSync(join(data, 'buckets', 'aside', folder), { recursive: true });
  writeFileSync(join(data, 'buckets', 'aside', cause), JSON.stringify(record));
  return encodePathId(cause);
};

describe('the codes of problems', () => {
  it('are each given by something, with the status and the title that the list has', {
    timeout: 60_000,
  }, async () => {
    const server = await startServer();
    const waiting = await startServer(filesNothing);
    const given = await Promise.all(
      Object.entries(provocations).map(async ([expected, provoke]) => {
        const { status, code, title } = await provoke(server, waiting);
        return [expected, `${status} ${code}: ${title}`];
      }),
    );
    expect(Object.fromEntries(given)).toEqual(
      Object.fromEntries(
        Object.entries(problems).map(([code, { status, title }]) => [code, `${status} ${code}: ${title}`]),
      ),
    );
  });
});
