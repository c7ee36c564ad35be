import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  currentRequest,
  expressRequestContext,
  fastifyRequestContext,
  honoRequestContext,
  runInRequest,
  withRequestContext,
} from '#client/index.ts';
import { requestOf } from '#client/request-context.ts';
import { anEvent, openClient, startService, stored } from '#test/support/audit-log-service.ts';

type Record = () => void;
/** A server of each kind, which records an event at `POST /` once it has the body. */
const kinds: { [kind: string]: (record: Record, id?: string) => Promise<string> } = {
  'node:http': async (record, id) => {
    const options = id === undefined ? {} : { idOf: () => id };
    const server = createServer(
      withRequestContext((request, response) => {
        request.on('data', () => undefined);
        request.on('end', () => {
          record();
          response.end();
        });
      }, options),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return urlOf(server);
  },
  Express: async (record, id) => {
    const app = express();
    app.use(expressRequestContext(id === undefined ? {} : { idOf: () => id }));
    app.use(express.json());
    app.post('/', async (request, response) => {
      expect(request.body).toEqual({ n: 1 });
      await new Promise(resolve => setTimeout(resolve, 5));
      record();
      response.end();
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return urlOf(server);
  },
  Fastify: async (record, id) => {
    const app = fastify();
    app.addHook('onRequest', fastifyRequestContext(id === undefined ? {} : { idOf: () => id }));
    app.post('/', async request => {
      expect(request.body).toEqual({ n: 1 });
      await new Promise(resolve => setTimeout(resolve, 5));
      record();
      return '';
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return urlOf(app.server);
  },
  Hono: async (record, id) => {
    const app = new Hono();
    app.use(honoRequestContext(id === undefined ? {} : { idOf: () => id }));
    app.post('/', async context => {
      expect(await context.req.json()).toEqual({ n: 1 });
      await new Promise(resolve => setTimeout(resolve, 5));
      record();
      return context.text('');
    });
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
    await once(server, 'listening');
    return urlOf(server);
  },
};
const urlOf = (server: Server): string => {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe.each(Object.entries(kinds))('a request to %s', (_, start) => {
  it('is named by the events that it causes, with its trace, also among many at once', async () => {
    const service = await startService();
    const { log } = openClient(service.url);
    const url = await start(() =>
      log.record({ ...anEvent(), metadata: { by: currentRequest()!.client_trace_id! } }),
    );
    const traces = Array.from({ length: 20 }, (_, n) => `trace-${n}`);
    const statuses = await Promise.all(
      traces.map(async trace => {
        const headers = { 'x-client-trace-id': trace, 'content-type': 'application/json' };
        return (await fetch(url, { method: 'POST', body: '{"n":1}', headers })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    await log.flush();
    const requests = [...service.kept.values()].map(
      ({ request }) => request as { id: string; ip_address: string; client_trace_id: string },
    );
    expect(requests.map(({ client_trace_id }) => client_trace_id).sort()).toEqual(traces.sort());
    expect(new Set(requests.map(({ id }) => id)).size).toBe(20);
    expect(new Set(requests.map(({ ip_address }) => ip_address))).toEqual(new Set(['127.0.0.1']));
    for (const { request, metadata } of service.kept.values())
      expect((metadata as { by: string }).by).toBe((request as { client_trace_id: string }).client_trace_id);
  });

  it('has the id that it is given, and no trace if none is sent', async () => {
    const service = await startService();
    const { log } = openClient(service.url);
    const url = await start(() => log.record(anEvent()), 'r-17');
    await fetch(url, { method: 'POST', body: '{"n":1}', headers: { 'content-type': 'application/json' } });
    await log.flush();
    expect([...service.kept.values()].map(({ request }) => request)).toEqual([
      { id: 'r-17', ip_address: '127.0.0.1' },
    ]);
  });
});

describe('the request context', () => {
  it('is null if nothing is served, and may be set', async () => {
    const service = await startService();
    const { log } = openClient(service.url);
    const request = { id: 'r', ip_address: '192.0.2.7' };
    const own = { id: 'own', ip_address: '192.0.2.8' };
    log.record(anEvent(1));
    runInRequest(request, () => log.record(anEvent(2)));
    await runInRequest(request, async () => {
      await new Promise(resolve => setImmediate(resolve));
      log.record({ ...anEvent(3), request: own });
      log.record({ ...anEvent(4), request: null });
      runInRequest(null, () => log.record(anEvent(5)));
    });
    expect(currentRequest()).toBeNull();
    await log.flush();
    const byTarget = Object.fromEntries(
      [...service.kept.values()].map(({ target, request: sent }) => [(target as { id: string }).id, sent]),
    );
    expect(byTarget).toEqual({ 'c-1': null, 'c-2': request, 'c-3': own, 'c-4': null, 'c-5': null });
  });

  it.each<[unknown, string | undefined]>([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2.7', '192.0.2.7'],
    ['203.0.113.9:51234', undefined],
    ['[2001:db8::1]:443', undefined],
    ['unix', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
    [7, undefined],
  ])('has the address %s as %s, and its id and trace in any case', (address, ip_address) => {
    expect(requestOf({ id: 'r', address: address as string, traceId: 't' })).toEqual({
      id: 'r',
      client_trace_id: 't',
      ...(ip_address === undefined ? {} : { ip_address }),
    });
  });

  it.each(['', 'a'.repeat(257), 'a\u0000', 'a\ud800'])(
    'leaves out a trace that could not be stored: %j',
    traceId => {
      expect(requestOf({ id: 'r', address: '192.0.2.7', traceId })).toEqual({
        id: 'r',
        ip_address: '192.0.2.7',
      });
    },
  );

  it('serves a request whose id or address the product fails to give, and names it all the same', async () => {
    const service = await startService();
    const { log } = openClient(service.url);
    const fail = (): never => {
      throw new Error('no');
    };
    const server = createServer(
      withRequestContext(
        (_request, response) => {
          log.record(anEvent());
          response.end();
        },
        { idOf: fail, addressOf: fail },
      ),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const response = await fetch(urlOf(server), { headers: { 'x-client-trace-id': 't' } });
    expect(response.status).toBe(200);
    await log.flush();
    expect([...service.kept.values()].map(({ request }) => request)).toEqual([
      { id: expect.stringMatching(/^[0-9a-f-]{36}$/), client_trace_id: 't' },
    ]);
  });

  it('is null in the hooks that report sending, whoever recorded the event', async () => {
    const service = await startService((lines, n) => (n === 1 ? { status: 500 } : stored(lines)));
    const seen: unknown[] = [];
    const { log } = openClient(service.url, { onUnavailable: () => void seen.push(currentRequest()) });
    runInRequest({ id: 'r' }, () => log.record(anEvent()));
    await log.flush();
    expect(seen).toEqual([null]);
  });
});
