import { validate } from 'uuid';
import { describe, expect, it, vi } from 'vitest';
import { AuditLog, NotStored } from '#client/index.ts';
import { isInstant } from '#domain/time.ts';
import { anEvent, openClient, startService, stored } from '#test/support/audit-log-service.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const problem = (status: number, body: object = {}, headers: Record<string, string> = {}) => ({
  status,
  body: { code: 'x', ...body },
  headers: { 'content-type': 'application/problem+json', ...headers },
});

describe('record', () => {
  it('makes id and time at the call, and returns before anything is sent', async () => {
    const { url, requests } = await startService();
    const { log } = openClient(url);
    const before = Date.now();
    const first = log.record(anEvent());
    const second = log.record(anEvent());
    expect(requests).toHaveLength(0);
    expect(validate(first.id)).toBe(true);
    expect(isInstant(first.occurred_at)).toBe(true);
    expect(Math.abs(Date.parse(first.occurred_at) - before)).toBeLessThan(60_000);
    expect(second.occurred_at > first.occurred_at).toBe(true);
    expect(second.id).not.toBe(first.id);
    await log.flush();
    expect(requests.flatMap(({ lines }) => lines)).toMatchObject([
      { ...anEvent(), id: first.id, occurred_at: first.occurred_at, request: null },
      { id: second.id },
    ]);
    expect(requests[0]).toMatchObject({
      path: '/v1/events',
      headers: { 'content-type': 'application/x-ndjson', authorization: 'Bearer token' },
    });
  });

  it('keeps an id and a time that the event has', async () => {
    const { url, kept } = await startService();
    const { log } = openClient(url);
    const id = '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77';
    log.record({ ...anEvent(), id, occurred_at: '2017-12-21T13:50:54.474Z' });
    const { occurred_at } = log.record({ ...anEvent(), occurred_at: new Date(0) });
    expect(occurred_at).toBe('1970-01-01T00:00:00.000Z');
    await log.flush();
    expect(kept.get(id)!.occurred_at).toBe('2017-12-21T13:50:54.474Z');
  });

  it('keeps what the event was at the call', async () => {
    const { url, kept } = await startService();
    const { log } = openClient(url);
    const event = { ...anEvent(), payload: { name: 'before' } };
    const { id } = log.record(event);
    event.payload.name = 'after';
    await log.flush();
    expect(kept.get(id)).toMatchObject({ payload: { name: 'before' } });
  });

  it('sends full batches at once, and others after a while', async () => {
    const { url, requests } = await startService();
    const { log } = openClient(url, { flushMs: 60_000, maxBatchEvents: 10 });
    for (let n = 0; n < 25; n++) log.record(anEvent(n));
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(requests.map(({ lines }) => lines.length)).toEqual([10, 10]);
    await log.flush();
    expect(requests.map(({ lines }) => lines.length)).toEqual([10, 10, 5]);
  });

  it('keeps a batch within its bytes', async () => {
    const { url, requests } = await startService();
    const { log } = openClient(url, { flushMs: 60_000, maxBatchBytes: 1000 });
    for (let n = 0; n < 10; n++) log.record({ ...anEvent(n), payload: { text: 'é'.repeat(100) } });
    await log.flush();
    for (const { lines } of requests)
      expect(Buffer.byteLength(lines.map(line => JSON.stringify(line)).join('\n'))).toBeLessThanOrEqual(1000);
    expect(requests.flatMap(({ lines }) => lines)).toHaveLength(10);
  });

  it.each<[string, unknown, string]>([
    [
      'that no request can hold',
      { ...anEvent(), target: { id: 'é'.repeat(2 ** 21), type: 't' } },
      'event_too_large',
    ],
    [
      'whose getter throws',
      {
        get action() {
          throw new Error('s3cret');
        },
      },
      'not_serializable',
    ],
  ])('reports an event %s, and throws nothing', async (_, event, code) => {
    const { url } = await startService();
    const { log, refused } = openClient(url);
    expect(log.record(event as never)).toMatchObject({ isTaken: false });
    expect(refused).toMatchObject([{ code }]);
    expect(refused[0]!.message).not.toContain('s3cret');
    expect(JSON.parse(refused[0]!.line!)).toMatchObject({ id: refused[0]!.id, request: null });
  });

  it('sends an event above 256 KiB, which the service is to cut and not the client', async () => {
    const { url, kept } = await startService();
    const { log, refused } = openClient(url);
    const text = 'é'.repeat(130 * 1024);
    const { id } = log.record({ ...anEvent(), payload: { text } });
    await log.flush();
    expect(kept.get(id)).toMatchObject({ payload: { text } });
    expect(refused).toEqual([]);
  });

  it.each([undefined, null, 5, 'text'])('leaves it to the service to refuse %j', async event => {
    const { url, requests } = await startService();
    const { log } = openClient(url);
    expect(log.record(event as never).isTaken).toBe(true);
    await log.flush();
    expect(Object.keys(requests[0]!.lines[0]!).sort()).toEqual(['id', 'occurred_at', 'request']);
  });
});

describe('a client', () => {
  const open = (url: string, allowHttp?: boolean) =>
    new AuditLog({
      url,
      authorize: async () => ({}),
      onRefused: () => undefined,
      ...(allowHttp === undefined ? {} : { allowHttp }),
    }).close();

  it.each(['http://annals.internal', 'ftp://annals', 'http://127.0.0.1.example.com'])(
    'does not send to %s, since anybody could listen',
    url => {
      expect(() => open(url)).toThrow('Expected a URL with https:');
    },
  );

  it('sends by TLS, on loopback, and if the connection is declared safe', async () => {
    for (const url of ['https://x.example.com', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://localhost:1'])
      await open(url);
    await open('http://annals.internal', true);
  });
});

describe('store', () => {
  it('resolves once the service has the event', async () => {
    const { url, kept } = await startService((lines, request) =>
      request === 1 ? problem(503) : stored(lines),
    );
    const { log } = openClient(url, { flushMs: 60_000 });
    const { id } = await log.store(anEvent());
    expect(kept.has(id)).toBe(true);
  });

  it('rejects if it is refused, by the service or here', async () => {
    const refusal = { code: 'invalid_payload', path: '/payload/name', message: 'Expected a string' };
    const { url } = await startService(lines =>
      problem(422, { rejected: lines.map((_, index) => ({ index, ...refusal })) }),
    );
    const { log, refused } = openClient(url);
    const error = await log.store(anEvent()).catch(error => error as NotStored);
    expect(error).toBeInstanceOf(NotStored);
    expect(error).toMatchObject({
      refusal,
      message: expect.stringContaining('invalid_payload at /payload/name'),
    });
    const unreadable = {
      ...anEvent(),
      get actor(): never {
        throw new Error('no');
      },
    };
    await expect(log.store(unreadable)).rejects.toThrow('not_serializable at /actor');
    expect(refused).toHaveLength(2);
  });

  it.each([null, undefined, 1, 'text', true])('rejects what is not an event: %j', async event => {
    const { url, requests } = await startService();
    const { log, refused } = openClient(url);
    const storing = log.store(event as never);
    await expect(storing).rejects.toThrow('Expected an event, which is an object, got');
    await expect(storing).rejects.toBeInstanceOf(NotStored);
    expect(refused).toMatchObject([{ code: 'not_an_object', line: JSON.stringify(event ?? null) }]);
    expect(requests).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['text', 'order "17"'],
    ['integer', 17],
    ['integer of more digits than a number has', 12345678901234567890n],
  ])('resolves for an id that is a %s', async (_, id) => {
    const { url, requests } = await startService();
    const { log } = openClient(url);
    const event = { ...anEvent(), id, occurred_at: '2026-01-01T00:00:00Z' };
    expect(await log.store(event as never)).toMatchObject({ id: String(id), isTaken: true });
    expect(requests[0]!.text).toContain(`{"id":${typeof id === 'string' ? JSON.stringify(id) : id},`);
  });

  it('rejects once the client is closed, and does not keep the process until its time is over', async () => {
    const { url } = await startService(() => 'cut');
    const { log } = openClient(url, { spool: { directory: await temporaryDirectory() } });
    const storing = log.store(anEvent()).catch(error => error as NotStored);
    expect(await log.close({ timeoutMs: 30 })).toEqual({ left: 1 });
    expect(await storing).toMatchObject({ refusal: { code: 'closed' } });
  });

  it('rejects if it takes too long, and the event is still sent later', async () => {
    let isAway = true;
    const { url, kept } = await startService(lines => (isAway ? problem(503) : stored(lines)));
    const { log, refused } = openClient(url);
    await expect(log.store(anEvent(), { timeoutMs: 50 })).rejects.toThrow('it is still being sent');
    isAway = false;
    await log.flush();
    expect(kept.size).toBe(1);
    expect(refused).toEqual([]);
  });

  it('serves two calls with one id', async () => {
    const { url } = await startService();
    const { log } = openClient(url);
    const event = {
      ...anEvent(),
      id: '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77',
      occurred_at: '2026-01-01T00:00:00Z',
    };
    await Promise.all([log.store(event), log.store(event)]);
  });
});

describe('flush and close', () => {
  it('flush rejects if the service is unavailable, and keeps the events', async () => {
    let isAway = true;
    const { url, kept } = await startService(lines => (isAway ? 'cut' : stored(lines)));
    const { log } = openClient(url);
    log.record(anEvent());
    await expect(log.flush({ timeoutMs: 30 })).rejects.toThrow('they are still being sent');
    isAway = false;
    await log.flush();
    expect(kept.size).toBe(1);
    await log.flush();
  });

  it('flush waits for events recorded before it, and not for later ones', async () => {
    const { url, kept } = await startService();
    const { log } = openClient(url, { flushMs: 60_000 });
    const { id } = log.record(anEvent());
    const flushed = log.flush();
    log.record(anEvent());
    await flushed;
    expect(kept.has(id)).toBe(true);
  });

  it('close sends what waits, then takes nothing more', async () => {
    const { url, kept } = await startService();
    const { log, refused } = openClient(url, { flushMs: 60_000 });
    log.record(anEvent());
    expect(await log.close()).toEqual({ left: 0 });
    expect(kept.size).toBe(1);
    expect(log.record(anEvent()).isTaken).toBe(false);
    expect(refused).toMatchObject([{ code: 'closed' }]);
    expect(await log.close()).toEqual({ left: 0 });
  });

  it.each(['cut', 'hang'] as const)('close reports what it could not send: %s', async how => {
    const { url } = await startService(() => how);
    const { log, refused } = openClient(url);
    const ids = [log.record(anEvent()).id, log.record(anEvent()).id];
    expect(await log.close({ timeoutMs: 50 })).toEqual({ left: 2 });
    expect(refused.map(({ id, code }) => ({ id, code }))).toEqual(ids.map(id => ({ id, code: 'closed' })));
  });
});

describe('the client and an installation', () => {
  it('agree on what is stored and what is refused', async () => {
    const server = await startServer({ strictPayloads: true });
    const { log, refused } = openClient(server.url, {
      authorize: async () => ({ authorization: `Bearer ${server.keys.emitter}` }),
    });
    const good = { ...anEvent(), scope: { id: 'acme', type: 'account' }, payload: { name: 'x' } };
    const ids = Array.from({ length: 700 }, () => log.record(good).id);
    const bad = log.record({ ...good, payload: { name: 1 } });
    const lowercase = log.record({ ...good, action: 'Context' });
    await log.flush();
    expect(refused.map(({ id, code, path }) => ({ id, code, path }))).toEqual([
      { id: bad.id, code: 'invalid_payload', path: '/payload/name' },
      { id: lowercase.id, code: 'invalid_action', path: '/action' },
    ]);
    const { rows, job } = await server.exportLog();
    expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(job.duplicates).toBe(0);
    expect(new Set(rows.map(({ request }) => request))).toEqual(new Set(['']));
  });

  it('agree on values that JSON does not have, on large events, and on warnings', async () => {
    const server = await startServer();
    const { log, refused, warned } = openClient(server.url, {
      authorize: async () => ({ authorization: `Bearer ${server.keys.emitter}` }),
    });
    const good = { ...anEvent(), action: 'any.thing', scope: { id: 'acme', type: 'account' } };
    const payload = {
      error: new Error('boom'),
      n: 12345678901234567890n,
      map: new Map([['a', new Set([1])]]),
    };
    const odd = log.record({ ...good, payload });
    const large = log.record({ ...good, payload: { text: 'é'.repeat(300 * 1024) } });
    const nan = log.record({ ...good, payload: { n: Number.NaN } });
    const lost = log.record({ ...good, request: { id: 'r' }, scope: undefined });
    await log.flush();
    expect(refused).toEqual([]);
    expect(warned.map(({ id, code }) => [id, code])).toEqual(
      expect.arrayContaining([
        [nan.id, 'not_json'],
        [large.id, 'truncated'],
        [lost.id, 'no_scope'],
      ]),
    );
    const { rows } = await server.exportLog();
    const stored = new Map(rows.map(row => [row.id, row]));
    expect(stored.get(odd.id)!.payload).toBe(
      '{"error":{"name":"Error","message":"boom"},"n":12345678901234567890,"map":{"a":[1]}}',
    );
    expect(stored.get(large.id)!.payload).toContain('{"truncated":{"bytes":614411,');
    expect(stored.get(nan.id)!.payload).toBe('{"n":"NaN"}');
    expect(stored.has(lost.id)).toBe(false);
  });
});
