import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guardedPost, type HttpsPolicy, publicInternet } from '#aws/deliver/guarded-post.ts';
import { type Answering, startReceiver } from '#test/support/https-receiver.ts';

const unstopped = new AbortController().signal;
const body = gzipSync('{}\n');
const post = (policy: HttpsPolicy, url: string, headers: Record<string, string> = {}) =>
  guardedPost(policy, { url, headers, body }, unstopped);
const ok: Answering = (_, response) => response.end('fine');

describe('a guarded request', () => {
  it('connects to the address that was checked, sends the name, and returns status and answer', async () => {
    const { url, policy, got } = await startReceiver((_, response) =>
      response.writeHead(429, { 'retry-after': '7' }).end('slow down'),
    );
    expect(await post(policy, `${url}?key=a%20b`, { 'x-api-key': 'k' })).toEqual({
      status: 429,
      retryAfter: '7',
      body: 'slow down',
    });
    expect(got[0]).toMatchObject({ url: '/in?key=a%20b', headers: { 'x-api-key': 'k' }, text: '{}\n' });
    expect(got[0]!.headers.host).toMatch(/^receiver\.test:/);
  });

  it('sends what stands before the host as basic authentication', async () => {
    const { url, policy, got } = await startReceiver(ok);
    await post(policy, url.replace('//', '//us%40er:p+%25zz@'));
    expect(got[0]!.headers.authorization).toBe(`Basic ${Buffer.from('us@er:p+%zz').toString('base64')}`);
  });

  it('asks once for the addresses, and connects to none if one of them is not public', async () => {
    const { url, policy, got } = await startReceiver(ok);
    const asked: string[] = [];
    const resolve = (addresses: string[]) => (host: string) => {
      asked.push(host);
      return Promise.resolve(addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })));
    };
    for (const address of ['10.0.0.7', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00::1', '0.0.0.0'])
      expect(
        await post({ ...policy, allowedNetworks: [], resolve: resolve(['93.184.216.34', address]) }, url),
        address,
      ).toEqual({ fault: 'address_not_allowed' });
    expect(got).toEqual([]);
    asked.length = 0;
    await post({ ...policy, resolve: resolve(['127.0.0.1']) }, url);
    expect(asked).toEqual(['receiver.test']);
    expect(got).toHaveLength(1);
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fe80::1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://example.com:8443/',
    'http://example.com/',
  ])('does not connect to %s, whatever its name would resolve to', async url => {
    const resolve = () => Promise.reject(new Error('was resolved'));
    expect(await post({ ...publicInternet, resolve }, url)).toEqual({ fault: 'address_not_allowed' });
  });

  it('trusts neither an unknown authority nor a certificate of another name', async () => {
    const { url, policy, got } = await startReceiver(ok);
    const { ca: _, ...withoutAuthority } = policy;
    expect(await post(withoutAuthority, url)).toEqual({ fault: 'certificate_not_trusted' });
    expect(await post(policy, url.replace('receiver.test', 'other.test'))).toEqual({
      fault: 'certificate_not_trusted',
    });
    expect(got).toEqual([]);
  });

  it('does not let the environment switch certificates off, or put a proxy in between', async () => {
    const { url, policy, got } = await startReceiver(ok);
    const { ca: _, ...withoutAuthority } = policy;
    const changed = {
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
    };
    const before = Object.fromEntries(Object.keys(changed).map(name => [name, process.env[name]]));
    Object.assign(process.env, changed);
    onTestFinished(() => {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    });
    expect(await post(withoutAuthority, url)).toEqual({ fault: 'certificate_not_trusted' });
    expect(await post(policy, url)).toMatchObject({ status: 200 });
    expect(got).toHaveLength(1);
  });

  it('does not follow a redirect', async () => {
    const other = await startReceiver(ok);
    const { url, policy } = await startReceiver((_, response) =>
      response.writeHead(307, { location: other.url }).end(),
    );
    expect(await post(policy, url)).toMatchObject({ status: 307 });
    expect(other.got).toEqual([]);
  });

  it('says what a name without addresses, a closed port and a server without TLS have in common', async () => {
    const { url, policy } = await startReceiver(ok);
    const unknown = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
    expect(await post({ ...policy, resolve: unknown }, url)).toEqual({ fault: 'unreachable' });
    const plain = createServer(socket => socket.resume().end('HTTP/1.1 200 OK\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const there = `https://receiver.test:${port}/`;
    const allowed = { ...policy, allowedPorts: [port] };
    expect(await post(allowed, there)).toEqual({ fault: 'unreachable' });
    await new Promise(resolve => plain.close(resolve));
    expect(await post(allowed, there)).toEqual({ fault: 'unreachable' });
  });

  it('waits for no receiver that stays silent, trickles or never resolves, and ends when it is told to', async () => {
    const { url, policy } = await startReceiver(() => undefined);
    expect(await post({ ...policy, idleMs: 50 }, url)).toEqual({ fault: 'timed_out' });
    const trickle = await startReceiver((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(await post({ ...trickle.policy, totalMs: 100 }, trickle.url)).toEqual({ fault: 'timed_out' });
    const resolve = () => new Promise<never>(() => undefined);
    expect(await post({ ...policy, totalMs: 50, resolve }, url)).toEqual({ fault: 'timed_out' });
    const ending = new AbortController();
    const ended = guardedPost(policy, { url, headers: {}, body }, ending.signal);
    ending.abort();
    expect(await ended).toEqual({ fault: 'timed_out' });
  });

  it('ends at once if the receiver wants to speak another protocol', async () => {
    const { url, policy } = await startReceiver((_, { socket }) =>
      socket!.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    );
    expect(await post({ ...policy, totalMs: 3000, idleMs: 3000 }, url)).toEqual({
      fault: 'unexpected_answer',
    });
  });

  it('takes half of an answer for none, and reads no more of a long one than it may', async () => {
    const half = await startReceiver((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await post(half.policy, half.url)).toEqual({ fault: 'unexpected_answer' });
    const none = await startReceiver((_, response) => response.destroy());
    expect(await post(none.policy, none.url)).toEqual({ fault: 'unreachable' });
    const endless = await startReceiver((_, response) => {
      response.writeHead(200);
      const more = (): boolean => !response.destroyed && response.write('x'.repeat(16_384), more);
      more();
    });
    const answer = await post(endless.policy, endless.url);
    expect(answer).toMatchObject({ status: 200 });
    expect((answer as { body: string }).body).toHaveLength(65_536);
    const headers = await startReceiver((_, response) =>
      response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(),
    );
    expect(await post(headers.policy, headers.url)).toEqual({ fault: 'unreachable' });
  });
});
