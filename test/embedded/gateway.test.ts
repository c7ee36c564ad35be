import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventText } from '../builders.ts';
import { startServer } from '../server.ts';

/** Sends bytes as they are and gives what came back until the connection was closed. */
const raw = (url: string, bytes: string, isHalfOpen = false): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: isHalfOpen });
    let received = '';
    socket.on('data', chunk => {
      received += chunk.toString();
    });
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
    socket.write(bytes);
  });

const head = (key: string, length: number) =>
  `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n`;

describe('the gateway under bad clients', () => {
  it('ends a request whose headers do not come to an end', { timeout: 30_000 }, async () => {
    const { url, keys, post } = await startServer({
      gateway: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
    });
    const answer = await raw(url, head(keys.emitter, 10));
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
    expect((await post(eventText())).status).toBe(202);
  });

  it('ends a request whose body does not come to an end', { timeout: 30_000 }, async () => {
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

  it('ends requests in progress before it stops, and takes no more', async () => {
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
