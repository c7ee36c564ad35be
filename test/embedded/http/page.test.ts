import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { builtPage, indexHtml } from '#test/support/page.ts';
import { startServer } from '#test/support/server.ts';

const isBuilt = (url: string) =>
  vi.waitFor(async () => expect((await fetch(`${url}/`)).status).toBe(200), { timeout: 5000, interval: 20 });

/** Asks with a Host of one's own, which fetch does not allow. */
const asking = (url: string, path: string, host: string, method = 'GET'): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = '';
    socket.on('data', chunk => {
      answer += chunk.toString();
    });
    socket.on('error', reject).on('close', () => resolve(answer));
    socket.end(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });

describe('the page of a server', () => {
  it('is served to its own host alone, and the API to every host', async () => {
    const { url, keys } = await startServer({ page: await builtPage() });
    await isBuilt(url);
    const { host } = new URL(url);
    for (const path of ['/', '/embed', '/config.json', '/assets/a-1.js', '/?utm_source=mail']) {
      expect(await asking(url, path, host), path).toMatch(/^HTTP\/1\.1 200/);
      expect(await asking(url, path, 'evil.example'), path).toMatch(/^HTTP\/1\.1 421/);
    }
    expect(await asking(url, '/healthz', 'evil.example')).toMatch(/^HTTP\/1\.1 200/);
    const listed = await fetch(`${url}/v1/exports`, {
      headers: { authorization: `Bearer ${keys.operator}` },
    });
    expect(listed.status).toBe(200);
    expect(listed.headers.get('cache-control')).toBe('no-store');
    expect(listed.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('answers HEAD without a body, and refuses other methods', async () => {
    const { url } = await startServer({ page: await builtPage() });
    await isBuilt(url);
    const head = await fetch(`${url}/`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(indexHtml.length));
    expect(head.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await head.text()).toBe('');
    const put = await fetch(`${url}/`, { method: 'POST' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const options = await fetch(`${url}/assets/a-1.js`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  });

  it('has no path of a file in what is asked for, however it is written', async () => {
    const { url } = await startServer({ page: await builtPage() });
    await isBuilt(url);
    const { host } = new URL(url);
    for (const path of [
      '/assets/../index.html',
      '/assets/%2e%2e/index.html',
      '/assets/..%2f..%2fkeys.json',
      '/assets/%2e%2e%5cindex.html',
      '/assets//etc/passwd',
      '/../keys.json',
      '/keys.json',
    ])
      expect(await asking(url, path, host), path).toMatch(/^HTTP\/1\.1 404/);
  });

  it('is not there if the server was started without one', async () => {
    const { url } = await startServer();
    expect((await fetch(`${url}/`)).status).toBe(404);
  });

  it('does not keep the server from starting, nor from stopping', async () => {
    const server = await startServer({
      page: { ...(await builtPage()), build: () => Promise.reject(new Error('no')) },
    });
    await vi.waitFor(async () => {
      const answer = await fetch(`${server.url}/`);
      expect(((await answer.json()) as { code: string }).code).toBe('page_unavailable');
    });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await server.stop();
  });
});
