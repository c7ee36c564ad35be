import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { routes } from '#domain/http/routes.ts';
import { Gateway } from '#embedded/http/gateway.ts';
import { inContext } from '#functions/runtime/log.ts';
import { eventText } from '#test/support/builders.ts';
import { raw, readAnswers } from '#test/support/raw-http.ts';
import { startServer } from '#test/support/server.ts';

const head = (key: string, length: number) =>
  [
    'POST /v1/events HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    '',
  ].join('\r\n');

describe('the gateway under bad clients', () => {
  it('ends a request whose headers do not come to an end', async () => {
    const { url, keys, post } = await startServer({
      gateway: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
    });
    const answer = await raw(url, head(keys.emitter, 10));
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
    expect((await post(eventText())).status).toBe(202);
  });

  it('ends a request whose body does not come to an end', async () => {
    const { url, keys, post } = await startServer({
      gateway: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
    });
    const answer = await raw(url, `${head(keys.emitter, 1000)}\r\n{"action":`);
    expect(answer).toMatch(/^HTTP\/1\.1 408|^$/);
    expect((await post(eventText())).status).toBe(202);
  });

  it('answers 401 without waiting for the body', async () => {
    const { url } = await startServer({ gateway: { headersTimeoutMs: 300, requestTimeoutMs: 600 } });
    expect(await raw(url, `${head('nobody', 1000)}\r\n{"action":`)).toMatch(/^HTTP\/1\.1 401/);
  });

  it('ends requests in progress before it stops, and takes no others', async () => {
    const { url, keys, stop } = await startServer();
    const body = eventText();
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    const answer = new Promise<string>(resolve => socket.once('data', chunk => resolve(chunk.toString())));
    socket.write(`${head(keys.emitter, body.length)}\r\n${body.slice(0, 10)}`);
    await new Promise(resolve => setTimeout(resolve, 50));
    const stopped = stop();
    await new Promise(resolve => setTimeout(resolve, 50));
    socket.write(body.slice(10));
    expect(await answer).toMatch(/^HTTP\/1\.1 202/);
    socket.destroy();
    await stopped;
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('the log of the gateway', () => {
  it('says of a failure which function it was, for which request, and why, without its URL or its body', async () => {
    const lines: Record<string, unknown>[] = [];
    let requestId = '';
    const gateway = new Gateway({
      keys: { find: async () => undefined },
      claimsOf: async () => undefined,
      routes: [
        {
          key: 'POST /v1/events',
          access: 'anyone',
          function: 'receive',
          handle: async ({ requestContext }) => {
            ({ requestId } = requestContext);
            throw new Error('It failed', { cause: new RangeError('The disk is full') });
          },
        },
      ],
      s3: undefined as never,
      results: '',
      log: inContext((_, message, facts) => void lines.push({ message, ...facts })),
    });
    const url = await gateway.listen('127.0.0.1', 0);
    gateway.isReady = true;
    try {
      const sent = { method: 'POST', body: 'secret-body' };
      expect((await fetch(`${url}/v1/events?query=secret-query`, sent)).status).toBe(500);
    } finally {
      await gateway.stop();
    }
    expect(lines).toMatchObject([
      {
        function: 'receive',
        request_id: requestId,
        detail: 'It failed',
        causes: [{ detail: 'The disk is full', stack: expect.stringContaining('gateway.test.ts') }],
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe('the methods of a path', () => {
  it('give HEAD the status and the headers of GET, without a body, at every route of GET', async () => {
    const { call, ask, finished } = await startServer();
    const asked = await ask({ scope_id: 'acme', requested_by: 'u-1', reason: 'test' });
    const { id } = (await asked.json()) as { id: string };
    await finished(id);
    const paths = routes
      .map(({ key }) => key.split(' ') as [string, string])
      .flatMap(([method, path]) => (method === 'GET' && !path.endsWith('/download') ? [path] : []))
      .map(path => path.replace('/exports/{id}', `/exports/${id}`).replace(/\{\w+\}/g, 'acme'));
    expect(paths.length).toBeGreaterThan(10);
    for (const path of [...paths, '/v1/exports/none', '/v1/exports?x=1', '/v1/nothing']) {
      const [got, head] = await Promise.all([
        call('operator', path),
        call('operator', path, { method: 'HEAD' }),
      ]);
      const named = ({ headers }: Response) =>
        [...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
      // What health tells, and how an export stands, may be another text at another moment.
      const same = (response: Response) =>
        named(response).filter(([name]) => name !== 'content-length' || path !== '/healthz');
      expect([head.status, same(head)], path).toEqual([got.status, same(got)]);
      expect(await head.text()).toBe('');
    }
    expect((await call(undefined, '/v1/exports', { method: 'HEAD' })).status).toBe(401);
  });

  it('make HEAD of a download no download: it makes no link, and records nothing', async () => {
    const { call, ask, finished, download, exportLog } = await startServer();
    const asked = await ask({ scope_id: 'acme', requested_by: 'u-1', reason: 'test' });
    const { id } = (await asked.json()) as { id: string };
    const path = `/v1/exports/${id}/download`;
    await finished(id);
    const head = await call('support', path, { method: 'HEAD' });
    expect([head.status, head.headers.get('location'), await head.text()]).toEqual([302, null, '']);
    const json = await call('support', path, { method: 'HEAD', headers: { accept: 'application/json' } });
    expect([json.status, json.headers.get('content-type'), await json.text()]).toEqual([
      200,
      'application/json',
      '',
    ]);
    await call('operator', '/v1/scopes/acme/admins/u-1', { method: 'DELETE' });
    expect((await call('support', path, { method: 'HEAD' })).status).toBe(403);
    await call('operator', '/v1/scopes/acme/admins/u-1', { method: 'PUT' });
    await download(id);
    const { own } = await exportLog();
    expect(own.filter(({ action }) => action === 'audit_log.export.download')).toHaveLength(1);
  });

  it('give HEAD of a link what GET gives, without the file', async () => {
    const { call, exportLog } = await startServer();
    const { whole, csv } = await exportLog();
    const link = (await call('support', `/v1/exports/${whole.id}/download`)).headers.get('location')!;
    const head = await fetch(link, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(Buffer.byteLength(csv))]);
    expect(await head.text()).toBe('');
    expect(await (await fetch(link)).text()).toBe(csv);
    const changed = await fetch(link.replace('expires=', 'expires=1'));
    expect([changed.status, await changed.json()]).toMatchObject([403, { code: 'link_expired' }]);
  });

  it('are listed in Allow: for another method with 405, for OPTIONS with 204, for every caller', async () => {
    const { call, url } = await startServer();
    const allowed = async (path: string, method: string) => {
      const response = await call(undefined, path, { method });
      return [response.status, response.headers.get('allow')];
    };
    const events = 'POST, GET, HEAD, OPTIONS';
    const exports = 'POST, GET, HEAD, OPTIONS';
    const schedule = 'GET, HEAD, PUT, DELETE, OPTIONS';
    for (const method of ['PUT', 'DELETE', 'PATCH', 'PROPFIND'])
      expect(await allowed('/v1/events', method), method).toEqual([405, events]);
    expect(await allowed('/v1/events', 'OPTIONS')).toEqual([204, events]);
    expect(await allowed('/v1/exports', 'PUT')).toEqual([405, exports]);
    expect(await allowed('/v1/exports', 'OPTIONS')).toEqual([204, exports]);
    expect(await allowed('/v1/scopes/acme/schedules/s', 'POST')).toEqual([405, schedule]);
    expect(await allowed('/healthz', 'POST')).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect(await allowed('/v1/nothing', 'OPTIONS')).toEqual([404, null]);
    const all = await raw(url, 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(all).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    const problem = await (await call(undefined, '/v1/events', { method: 'PUT' })).json();
    expect(problem).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });
});

describe('the query of a URL', () => {
  it('is refused by name if a parameter is given twice, or is not percent-encoded UTF-8', async () => {
    const { call } = await startServer();
    const codeOf = async (query: string) => {
      const response = await call('operator', `/v1/exports?${query}`);
      return [response.status, ((await response.json()) as { code?: string }).code];
    };
    expect(await codeOf('scope_id=a&scope_id=b')).toEqual([400, 'repeated_parameter']);
    expect(await codeOf('scope_id=a&scope%5Fid=a')).toEqual([400, 'repeated_parameter']);
    expect(await codeOf('scope_id=%zz')).toEqual([400, 'invalid_url']);
    expect(await codeOf('scope_id=%c3%28')).toEqual([400, 'invalid_url']);
    expect(await codeOf('%e2%28%a1=1')).toEqual([400, 'invalid_url']);
    expect(await codeOf('scope=a')).toEqual([400, 'unknown_parameter']);
    expect(await codeOf('__proto__=a')).toEqual([400, 'unknown_parameter']);
    expect(await codeOf('&scope_id=a+b%20c&')).toEqual([200, undefined]);
    expect((await call(undefined, '/v1/exports?scope_id=%zz')).status, 'first, who asks').toBe(401);
  });
});

describe('a header beyond ASCII', () => {
  it('is read as UTF-8; what is not, in a CloudEvent’s that only describes, becomes U+FFFD', async () => {
    const { url, keys, exportLog } = await startServer();
    const data = {
      actor: { id: 'u-1', type: 'user' },
      target: { id: 'c-1', type: 'context' },
      success: true,
    };
    const body = JSON.stringify({ ...data, scope: { id: 'acme', type: 'account' } });
    const send = async (subject: Buffer) => {
      const lines = [
        'POST /v1/events HTTP/1.1',
        'Host: x',
        'Connection: close',
        `Authorization: Bearer ${keys.emitter}`,
        'Content-Type: application/json',
        'ce-id: 1',
        'ce-source: /s',
        'ce-type: context.create',
        'ce-time: 2026-06-23T11:00:00Z',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'ce-subject: ',
      ];
      const bytes = [Buffer.from(lines.join('\r\n')), subject, Buffer.from(`\r\n\r\n${body}`)];
      const [answer] = readAnswers(await raw(url, Buffer.concat(bytes)));
      const { rejected } = JSON.parse(answer!.body) as { rejected: object[] };
      return [answer!.status, rejected[0]];
    };
    expect(await send(Buffer.from('Büro'))).toEqual([202, undefined]);
    expect(await send(Buffer.from('B%C3%BCro'))).toEqual([202, undefined]);
    expect(await send(Buffer.from('Büro', 'latin1'))).toEqual([202, undefined]);
    const { rows, job } = await exportLog();
    expect([rows.length, job.duplicates, job.conflicts]).toEqual([1, 2, 1]);
    expect(JSON.parse(rows[0]!.metadata)).toMatchObject({ ce_subject: 'Büro' });
  });
});
