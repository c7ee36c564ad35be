import { EventEmitter, once } from 'node:events';
import { Agent, createServer, request as requestHttp, type Server } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  bindToRequest,
  currentRequest,
  expressRequestContext,
  fastifyRequestContext,
  honoRequestContext,
  runInRequest,
  withRequestContext,
  withWebSocketContext,
} from '#client/index.ts';

/** What listeners saw: their name, and the trace of the request that they ran in. */
type Seen = (listener: string) => () => void;
type Emitters = { [name: string]: { on(event: string, listener: () => void): unknown } };

const listenTo = (seen: Seen, emitters: Emitters): void => {
  for (const [name, emitter] of Object.entries(emitters))
    for (const event of ['aborted', 'end', 'finish', 'error', 'close'])
      emitter.on(event, seen(`${name} ${event}`));
};

const portOf = async (server: { listen(port: number, host: string): unknown; address(): unknown }) => {
  server.listen(0, '127.0.0.1');
  if (!server.address()) await once(server as Server, 'listening');
  return (server.address() as AddressInfo).port;
};
const closing = <S extends { close(): unknown; closeAllConnections?(): void }>(server: S): S => {
  onTestFinished(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return server;
};

/** Servers that write a part of an answer, and end it if they are asked for `/whole`. Each gives its port. */
const servers: { [kind: string]: (seen: Seen) => Promise<number> } = {
  'node:http': seen =>
    portOf(
      closing(
        createServer(
          withRequestContext((request, response) => {
            listenTo(seen, { request, response });
            request.resume();
            response.write('part');
            if (request.url === '/whole') response.end();
          }),
        ),
      ),
    ),
  Express: seen => {
    const app = express();
    app.use(expressRequestContext());
    app.get('/:what', (request, response) => {
      listenTo(seen, { request, response });
      response.write('part');
      if (request.url === '/whole') response.end();
    });
    return portOf(closing(createServer(app)));
  },
  Fastify: async seen => {
    const app = fastify();
    app.addHook('onRequest', fastifyRequestContext());
    app.addHook('onResponse', async () => seen('hook onResponse')());
    app.addHook('onRequestAbort', (_request, done) => {
      seen('hook onRequestAbort')();
      done();
    });
    app.get('/:what', ({ raw: request, url }, reply) => {
      listenTo(seen, { request, response: reply.raw });
      reply.hijack();
      reply.raw.write('part');
      if (url === '/whole') reply.raw.end();
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    closing(app.server);
    return (app.server.address() as AddressInfo).port;
  },
  Hono: async seen => {
    const app = new Hono<{ Bindings: { outgoing: Emitters[string] } }>();
    app.use(honoRequestContext());
    app.get('/:what', context => {
      context.req.raw.signal.addEventListener('abort', seen('signal abort'));
      listenTo(seen, { response: context.env.outgoing });
      return stream(context, async part => {
        part.onAbort(seen('onAbort'));
        await part.write('part');
        if (context.req.path !== '/whole')
          await new Promise(resolve => part.onAbort(() => resolve(undefined)));
        seen('after the abort')();
      });
    });
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
    if (!server.address()) await once(server, 'listening');
    return (closing(server).address() as AddressInfo).port;
  },
};

const watch = () => {
  const seen: [listener: string, trace: string | undefined][] = [];
  const news = new EventEmitter();
  const see: Seen = listener => () => {
    seen.push([listener, currentRequest()?.client_trace_id]);
    news.emit('news');
  };
  const until = async (listener: string, trace: string): Promise<void> => {
    while (!seen.some(([name, of]) => name === listener && of === trace)) {
      const wrong = seen.find(([name, of]) => name === listener && of === undefined);
      expect(wrong, 'a listener out of its request').toBeUndefined();
      await once(news, 'news');
    }
  };
  return { seen, see, until };
};

describe.each(Object.entries(servers))('what listens to a request of %s', (kind, start) => {
  it.each(['/whole', '/aborted'])('is in it to the end, even on a shared connection: %s', async path => {
    const { seen, see, until } = watch();
    const port = await start(see);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (const trace of ['first', 'second']) {
      const headers = { 'x-client-trace-id': trace };
      const request = requestHttp({ port, host: '127.0.0.1', path, headers, agent }).end();
      const [response] = await once(request, 'response');
      const closed = new Promise(resolve => response.once('close', resolve));
      response.once('data', () => path === '/aborted' && request.destroy());
      response.on('error', () => undefined);
      await closed;
      await until('response close', trace);
      if (kind === 'Hono' && path === '/aborted') {
        await until('onAbort', trace);
        await until('signal abort', trace);
        await until('after the abort', trace);
      }
      if (kind === 'Fastify' && path === '/aborted') await until('hook onRequestAbort', trace);
    }
    expect(seen.filter(([, trace]) => trace === undefined)).toEqual([]);
    expect(seen.length).toBeGreaterThanOrEqual(4);
  });
});

describe('what listens to a request of node:http2', () => {
  it.each(['/whole', '/aborted'])('is in it to the end: %s', async path => {
    const { seen, see, until } = watch();
    const server = createHttp2Server(
      withRequestContext((request, response) => {
        listenTo(see, { request, response, stream: response.stream });
        request.resume();
        response.write('part');
        if (path === '/whole') response.end();
      }),
    );
    const session = connect(`http://127.0.0.1:${await portOf(closing(server))}`);
    onTestFinished(() => session.destroy());
    for (const trace of ['first', 'second']) {
      const request = session.request({ ':path': path, 'x-client-trace-id': trace });
      await once(request, 'data');
      if (path === '/aborted') request.close(8);
      else request.resume();
      await until('response finish', trace);
      await until('stream close', trace);
      await until('response close', trace);
    }
    expect(seen.filter(([, trace]) => trace === undefined)).toEqual([]);
    expect(new Set(seen.map(([, trace]) => trace))).toEqual(new Set(['first', 'second']));
  });
});

describe('what listens to a connection of ws', () => {
  it.each(['close', 'terminate'] as const)('is in the request that opened it, to its end: %s', async end => {
    const { seen, see, until } = watch();
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closing(server).on(
      'connection',
      withWebSocketContext(socket => {
        socket.on('message', see('message'));
        socket.on('close', see('close'));
        socket.onclose = see('onclose');
      }),
    );
    await once(server, 'listening');
    for (const trace of ['first', 'second']) {
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = new WebSocket(url, { headers: { 'x-client-trace-id': trace } });
      await once(client, 'open');
      client.send('one');
      client.send('two');
      await until('message', trace);
      client[end]();
      await until('close', trace);
      await until('onclose', trace);
    }
    expect(seen.filter(([, trace]) => trace === undefined)).toEqual([]);
    expect(seen.filter(([listener]) => listener === 'message')).toHaveLength(4);
  });
});

describe('an emitter', () => {
  it('is bound to the request that is being served, or to the one that is said last', () => {
    const emitter = new EventEmitter();
    const seen: (string | undefined)[] = [];
    emitter.on('x', () => seen.push(currentRequest()?.id));
    runInRequest({ id: 'a' }, () => bindToRequest(emitter));
    emitter.emit('x');
    bindToRequest(emitter, { id: 'b' });
    runInRequest({ id: 'c' }, () => emitter.emit('x'));
    bindToRequest(emitter, null);
    runInRequest({ id: 'c' }, () => emitter.emit('x'));
    expect(seen).toEqual(['a', 'b', undefined]);
    expect(Object.keys(emitter)).not.toContain('emit');
  });
});
