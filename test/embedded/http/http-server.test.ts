import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ProblemCode, problems } from '#domain/http/problem.ts';
import { eventText } from '#test/support/builders.ts';
import { openSocket, type RawAnswer, raw, readAnswers } from '#test/support/raw-http.ts';
import { startServer } from '#test/support/server.ts';

/** What the answer is, if it is a problem document and nothing else: status and code. */
const problemOf = ({ status, headers, body }: RawAnswer): string => {
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
  const problem = JSON.parse(body) as {
    type: string;
    title: string;
    status: number;
    code: ProblemCode;
    detail: string;
  };
  expect(problem).toMatchObject({ type: 'about:blank', status, detail: expect.stringMatching(/./) });
  expect(problems[problem.code], problem.code).toMatchObject({ status, title: problem.title });
  return `${status} ${problem.code}`;
};

const onlyAnswer = (received: string): RawAnswer => {
  const answers = readAnswers(received);
  expect(answers, received).toHaveLength(1);
  return answers[0]!;
};

const get = (lines: string) => `GET /healthz HTTP/1.1\r\nConnection: close\r\n${lines}\r\n`;
const long = (length: number) => 'x'.repeat(length);

describe('a request that is not HTTP as it should be', () => {
  const cases: [string, (key: string) => string | Buffer, string][] = [
    ['no request line', () => 'nonsense\r\n\r\n', '400 bad_request'],
    ['a TLS handshake', () => Buffer.from('16030100', 'hex'), '400 bad_request'],
    ['an unknown method', () => 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', '400 bad_request'],
    ['a line without a version', () => 'GET /healthz\r\nHost: x\r\n\r\n', '505 unsupported_http_version'],
    ['another protocol', () => 'GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n', '505 unsupported_http_version'],
    ['HTTP/2 in the clear', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 bad_request'],
    [
      'a later version',
      () => 'GET /healthz HTTP/2.0\r\nHost: x\r\nConnection: close\r\n\r\n',
      '505 unsupported_http_version',
    ],
    ['a header without a name', () => get('Host: x\r\n: value\r\n'), '400 bad_request'],
    ['a header with a space in its name', () => get('Host: x\r\nX y: 1\r\n'), '400 bad_request'],
    ['a header with a control character', () => get('Host: x\r\nX: \u0001\r\n'), '400 bad_request'],
    ['no Host', () => get(''), '400 bad_request'],
    ['two Hosts', () => get('Host: x\r\nHost: y\r\n'), '400 bad_request'],
    ['a length that is no number', () => get('Host: x\r\nContent-Length: 1x\r\n'), '400 bad_request'],
    ['two lengths', () => get('Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n'), '400 bad_request'],
    [
      'a length and chunks',
      () => get('Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
      '400 bad_request',
    ],
    [
      'an encoding that does not end in chunks',
      () => get('Host: x\r\nTransfer-Encoding: gzip\r\n'),
      '400 bad_request',
    ],
    [
      'chunks of something encoded',
      () => `${get('Host: x\r\nTransfer-Encoding: gzip, chunked\r\n')}0\r\n\r\n`,
      '501 unsupported_transfer_encoding',
    ],
    [
      'chunks in HTTP/1.0',
      () => 'POST /v1/events HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400 bad_request',
    ],
    ['an expectation', () => get('Host: x\r\nExpect: the-unexpected\r\n'), '417 expectation_failed'],
    [
      'an expectation beside 100-continue',
      () => get('Host: x\r\nExpect: 100-continue, more\r\n'),
      '417 expectation_failed',
    ],
    ['headers beyond 32 KiB', () => get(`Host: x\r\nX: ${long(33_000)}\r\n`), '431 headers_too_large'],
    [
      'many headers beyond 32 KiB',
      () => get(`Host: x\r\n${'X: 1234567890\r\n'.repeat(3000)}`),
      '431 headers_too_large',
    ],
    [
      'a URL beyond 8,192 bytes',
      () => `GET /${long(8192)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      '414 url_too_long',
    ],
    [
      'a URL beyond all that is read',
      () => `GET /${long(60_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      '414 url_too_long',
    ],
    [
      'a tunnel',
      () => 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
      '405 method_not_allowed',
    ],
    [
      'a path that is not percent-encoded',
      () => 'GET /v1/exports/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      '400 invalid_url',
    ],
    [
      'a path that is not UTF-8',
      () => 'GET /v1/exports/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      '400 invalid_url',
    ],
    [
      'a path that is not ASCII',
      () => Buffer.from('GET /v1/exports/\u00e9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'latin1'),
      '400 invalid_url',
    ],
    [
      'a chunk that is none',
      key =>
        `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nTransfer-Encoding: ` +
        'chunked\r\n\r\nzz\r\n',
      '400 bad_request',
    ],
    [
      'a body larger than the server takes, by its length',
      key =>
        'POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ' +
        `${key}\r\nContent-Length: 6291457\r\n\r\n${long(6_291_457)}`,
      '413 body_too_large',
    ],
    [
      'a body larger than the server takes, in chunks',
      key =>
        'POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ' +
        `${key}\r\nTransfer-Encoding: ` +
        `chunked\r\n\r\n${'100000\r\n'.concat(long(1_048_576), '\r\n').repeat(7)}0\r\n\r\n`,
      '413 body_too_large',
    ],
  ];

  it('gets a problem with a code and its status, whatever is wrong', async () => {
    const logged: unknown[] = [];
    const { url, keys, post } = await startServer({ log: (...line) => void logged.push(line) });
    const got = [];
    for (const [what, bytes] of cases)
      got.push([what, problemOf(onlyAnswer(await raw(url, bytes(keys.emitter))))]);
    expect(got).toEqual(cases.map(([what, , expected]) => [what, expected]));
    expect((await post(eventText())).status).toBe(202);
    expect(logged, 'nothing of what clients send is logged').toEqual([]);
  });

  it('gets 408 if it does not come to its end: its headers, its body, or anything at all', async () => {
    const { url, keys } = await startServer({ gateway: { headersTimeoutMs: 300, requestTimeoutMs: 600 } });
    const head =
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ' +
      `${keys.emitter}\r\nContent-Length: 9\r\n`;
    const received = await Promise.all(['', head, `${head}\r\n{"action`].map(bytes => raw(url, bytes)));
    expect(received.map(bytes => problemOf(onlyAnswer(bytes)))).toEqual(Array(3).fill('408 request_timeout'));
  });

  it('gets 400 if the client ends the connection in the middle of the body', async () => {
    const { url, keys } = await startServer();
    const socket = await openSocket(url);
    const received = new Promise<string>(resolve => {
      let text = '';
      socket.on('data', chunk => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
    });
    socket.end(
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ' +
        `${keys.emitter}\r\nContent-Length: 99\r\n\r\n{"action`,
    );
    expect(problemOf(onlyAnswer(await received))).toBe('400 bad_request');
  });

  it('is answered for what came whole before it, on the same connection', async () => {
    const { url } = await startServer();
    const answers = readAnswers(await raw(url, `GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n`));
    expect(answers[0]).toMatchObject({ status: 200 });
    expect(answers.slice(1).map(problemOf)).toEqual(answers.length > 1 ? ['400 bad_request'] : []);
  });
});

describe('arbitrary bytes', () => {
  it('that are nearly a request get an answer, and each refusal is a problem', {
    timeout: 60_000,
  }, async () => {
    const { url, keys } = await startServer({ gateway: { headersTimeoutMs: 500, requestTimeoutMs: 1000 } });
    const body = eventText();
    const lines = (method: string, path: string, version: string, headers: string[]) =>
      [`${method} ${path} HTTP/${version}`, ...headers, '', body].join('\r\n');
    const requests = fc
      .tuple(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT'),
        fc.constantFrom(
          '/v1/events',
          '/v1/exports?cursor=1',
          '/healthz',
          '/v1/scopes/~YQ/admins/%41',
          '*',
          'http://x/',
        ),
        fc.constantFrom('1.1', '1.1', '1.0', '2.0'),
        fc.subarray([
          'Host: x',
          `Authorization: Bearer ${keys.emitter}`,
          `Content-Length: ${Buffer.byteLength(body)}`,
          'Content-Length: 9',
          'Transfer-Encoding: chunked',
          'Expect: 100-continue',
          'Content-Type:',
          'Connection: Upgrade',
          'Upgrade: websocket',
        ]),
      )
      .map(parts => Buffer.from(lines(...parts)));
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 3 })), {
      maxLength: 3,
    });
    const changed = fc.tuple(requests, changes).map(([bytes, all]) =>
      all.reduce((kept, [at, cut, added]) => {
        const place = at % (kept.length + 1);
        return Buffer.concat([kept.subarray(0, place), added, kept.subarray(place + cut)]);
      }, bytes),
    );
    await fc.assert(
      fc.asyncProperty(changed, async bytes => {
        const answers = readAnswers(await raw(url, bytes, true));
        expect(answers.length, JSON.stringify(bytes.toString('latin1'))).toBeGreaterThan(0);
        for (const answer of answers) if (answer.status >= 400) problemOf(answer);
      }),
      { numRuns: 300 },
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('a request that is HTTP, though not the usual', () => {
  it('is taken in HTTP/1.0 without a Host, in absolute form, and with an empty Content-Type', async () => {
    const { url, keys } = await startServer();
    expect(onlyAnswer(await raw(url, 'GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200);
    expect(
      onlyAnswer(
        await raw(url, 'GET http://annals.example/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      ).status,
    ).toBe(200);
    const body = eventText();
    for (const type of ['', 'nonsense', ';;;', 'text/plain; charset=', '/'])
      expect(
        onlyAnswer(
          await raw(
            url,
            'POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ' +
              `${keys.emitter}\r\nContent-Type: ${type}\r\nContent-Length: ` +
              `${Buffer.byteLength(body)}\r\n\r\n${body}`,
          ),
        ).status,
        type,
      ).toBe(202);
  });

  it('is answered if the client closes its side once it has sent it', async () => {
    const { url, keys } = await startServer();
    const body = eventText();
    const head =
      `Host: x\r\nAuthorization: Bearer ${keys.emitter}\r\nContent-Length: ` +
      `${Buffer.byteLength(body)}\r\n\r\n`;
    for (const bytes of [
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
      `POST /v1/events HTTP/1.1\r\n${head}${body}`,
    ])
      expect(onlyAnswer(await raw(url, bytes, true)).status).toBe(bytes.startsWith('GET') ? 200 : 202);
  });

  it('gets 100 Continue once the caller is known, and not before', async () => {
    const { url, keys } = await startServer();
    const body = eventText();
    const head = (key: string) =>
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ' +
      `${key}\r\nExpect: 100-Continue\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    expect(problemOf(onlyAnswer(await raw(url, head('nobody'))))).toBe('401 unauthorized');
    const answers = readAnswers(await raw(url, head(keys.emitter) + body));
    expect(answers.map(({ status }) => status)).toEqual([100, 202]);
  });

  it('is answered with 413 on a connection that can be used again', async () => {
    const { url, keys } = await startServer();
    const received = await raw(
      url,
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ' +
        `${keys.emitter}\r\nContent-Length: 7000000\r\n\r\n${long(7_000_000)}GET /healthz ` +
        'HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect(readAnswers(received).map(({ status }) => status)).toEqual([413, 200]);
  });
});

describe('a client that goes away', () => {
  it('in the middle of its body or of a download is no error of the server, and stops nothing', async () => {
    const logged: unknown[] = [];
    const { url, keys, post, exportLog, call } = await startServer({
      log: (...line) => void logged.push(line),
    });
    const { whole } = await exportLog();
    const link = (await call('support', `/v1/exports/${whole.id}/download`)).headers.get('location')!;
    const { pathname, search } = new URL(link);
    const requests = [
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ' +
        `${keys.emitter}\r\nContent-Length: 99\r\n\r\n{"action`,
      `GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`,
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHo',
    ];
    for (const bytes of requests) {
      const socket = await openSocket(url);
      await new Promise(resolve => socket.write(bytes, resolve));
      const closed = new Promise(resolve => socket.once('close', resolve));
      socket.resetAndDestroy();
      await closed;
    }
    expect((await post(eventText())).status).toBe(202);
    expect((await fetch(link)).status).toBe(200);
    expect(logged.filter(line => (line as string[])[0] === 'error')).toEqual([]);
  });
});

describe('a server on "localhost"', () => {
  it('answers at each address of that name', async () => {
    const { url } = await startServer({ host: 'localhost' });
    const { port } = new URL(url);
    const own = new Set(
      Object.values(networkInterfaces()).flatMap(all => all!.map(({ address }) => address)),
    );
    const addresses = (await lookup('localhost', { all: true })).filter(({ address }) => own.has(address));
    expect(addresses.length).toBeGreaterThan(0);
    for (const { address, family } of addresses)
      expect((await fetch(`http://${family === 6 ? `[${address}]` : address}:${port}/healthz`)).status).toBe(
        200,
      );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('connections that are only held', () => {
  const half = (key: string): string[] => [
    '',
    'GET /heal',
    'POST /v1/events HTTP/1.1\r\nHost: x\r\n',
    `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{`,
    `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Length: 99\r\n\r\n{`,
    'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
  ];

  it.each([300, 40])(
    'exclude nobody: with %i idle and half-open ones, a request is answered',
    async count => {
      const connections = count === 40 ? 20 : 1000;
      const { url, keys, post, call } = await startServer({ gateway: { connections } });
      const held = [];
      for (let n = 0; n < count; n++) {
        const socket = await openSocket(url);
        let isClosed = false;
        socket.on('error', () => undefined);
        socket.on('close', () => {
          isClosed = true;
        });
        socket.resume();
        socket.write(half(keys.emitter)[n % 6]!);
        held.push({ socket, isClosed: () => isClosed });
      }
      expect((await post(eventText())).status).toBe(202);
      expect((await call(undefined, '/healthz')).status).toBe(200);
      // No more of them than there may be, and none was closed before that.
      if (count < connections) expect(held.filter(({ isClosed }) => isClosed())).toEqual([]);
      for (const { socket } of held) socket.destroy();
    },
  );
});
