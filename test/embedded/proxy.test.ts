import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseTrustedProxies } from '#domain/access/caller-address.ts';
import type { Front } from '#embedded/http/gateway.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { callers, startServer } from '#test/support/server.ts';

const prefix = '/audit';

/** A proxy that serves a server under a path of its own, as nginx and Caddy do, and names its client as told. */
const startProxy = async (headersOf: (address: string) => Record<string, string>) => {
  let target = '';
  const proxy: Server = createServer((asked, answered) => {
    if (!asked.url!.startsWith(`${prefix}/`)) return void answered.writeHead(404).end();
    const passed = request(new URL(asked.url!.slice(prefix.length), target), {
      method: asked.method!,
      headers: { ...asked.headers, host: 'annals.internal', ...headersOf('203.0.113.9') },
    });
    passed.on('response', response => {
      answered.writeHead(response.statusCode!, response.headers);
      response.pipe(answered);
    });
    asked.pipe(passed);
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
  return {
    url,
    passTo: (server: string) => {
      target = server;
    },
  };
};

const startBehindProxy = async (
  trust: string | undefined,
  headersOf: (address: string) => Record<string, string> = address => ({
    'x-forwarded-for': `${address}:51234`,
  }),
) => {
  const proxy = await startProxy(headersOf);
  const front: Front = {
    publicUrl: proxy.url,
    trustedProxies: trust === undefined ? undefined : parseTrustedProxies(trust),
  };
  const server = await startServer({ front });
  proxy.passTo(server.url);
  return { server, outside: callers(proxy.url, server.keys), url: proxy.url };
};

describe('a server behind a proxy that serves it under a path', () => {
  it('names itself by its public URL in links, locations and its description', async () => {
    const { outside, url, server } = await startBehindProxy('loopback');
    expect((await outside.post(eventText())).status).toBe(202);
    await server.admin('acme', 'u-1');
    const asked = await outside.request({ scope_id: 'acme', requested_by: 'u-1', reason: 'test' });
    const { id } = (await asked.json()) as { id: string };
    expect(asked.headers.get('location')).toBe(`${url}/v1/exports/${id}`);
    await server.finished(id);
    const link = await outside.call('support', `/v1/exports/${id}/download`);
    expect(link.headers.get('location')).toMatch(`${url}/results/`);
    const csv = await (await fetch(link.headers.get('location')!)).text();
    expect(csv.split('\n').length).toBeGreaterThan(2);
    const json = await outside.call('support', `/v1/exports/${id}/download`, {
      headers: { accept: 'application/json' },
    });
    expect(((await json.json()) as { url: string }).url).toMatch(`${url}/results/`);
    const description = (await (await outside.call(undefined, '/v1/openapi.json')).json()) as {
      servers: unknown;
    };
    expect(description.servers).toEqual([{ url, description: expect.anything() }]);
  });

  it('is reached by the command line through the proxy, and beside it', async () => {
    const { url, server } = await startBehindProxy('loopback');
    const token = (role: 'operator' | 'support') => ['--url', url, '--token', server.keys[role]];
    const run = async (...args: string[]) => {
      const { code, err, out } = await annals(args);
      expect([code, err], args.join(' ')).toEqual([0, expect.anything()]);
      return out;
    };
    await run('admin', 'grant', '--scope', 'acme', '--user', 'u-1', ...token('operator'));
    const question = ['export', '--scope', 'acme', '--requested-by', 'u-1', '--reason', 'test', '--out', '-'];
    expect(await run(...question, ...token('support'))).toContain('audit_log.admin.grant');
    expect(await run(...question, '--data', server.data)).toContain('audit_log.admin.grant');
  });

  const addressesOf = async (
    trust: string | undefined,
    headersOf?: (address: string) => Record<string, string>,
  ) => {
    const { server, outside } = await startBehindProxy(trust, headersOf);
    await outside.post(eventText({ id: undefined, occurred_at: undefined, request: undefined }));
    await server.post(eventText({ id: undefined, occurred_at: undefined, request: undefined }));
    const { rows } = await server.exportLog();
    return rows.map(({ request }) => (JSON.parse(request) as { ip_address?: string }).ip_address ?? null);
  };

  it('stamps the address that a trusted proxy has seen, if it names one', async () => {
    expect(await addressesOf('loopback')).toEqual(['203.0.113.9', null]);
    expect(await addressesOf('1')).toEqual(['203.0.113.9', null]);
    expect(await addressesOf('loopback', () => ({}))).toEqual([null, null]);
  });

  it('records who requested an export by the id of the request, if the address is not known', async () => {
    const { server, outside } = await startBehindProxy(undefined);
    await outside.post(eventText());
    const { own } = await server.exportLog();
    const asked = own.find(({ action }) => action === 'audit_log.export.request')!;
    expect(JSON.parse(asked.request)).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it('stamps no address if no proxy is trusted: it may be that of the proxy, or made up', async () => {
    expect(await addressesOf(undefined)).toEqual([null, null]);
    expect(await addressesOf(undefined, () => ({}))).toEqual([null, null]);
  });

  it('stamps the address of a peer that is not one of the trusted proxies, whatever it says', async () => {
    expect(await addressesOf('192.0.2.1')).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});

describe('a server without a proxy', () => {
  it('stamps the address of its peer, and believes no header', async () => {
    const { call, post, exportLog } = await startServer();
    await post(eventText({ id: undefined, occurred_at: undefined, request: undefined }));
    await call('emitter', '/v1/events', {
      method: 'POST',
      body: eventText({ id: undefined, occurred_at: undefined, request: undefined }),
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    const { rows } = await exportLog();
    expect(rows.map(({ request }) => (JSON.parse(request) as { ip_address?: string }).ip_address)).toEqual([
      '127.0.0.1',
      undefined,
    ]);
  });
});
