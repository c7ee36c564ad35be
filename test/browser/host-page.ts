/** A page of another origin that holds the Audit Log page in a frame, and its server, which mints tokens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Server, startPage } from './installation.ts';
import { someLog } from './log-view.ts';

/** Keeps every message, and answers with tokens. */
const script = (auditUrl: string): string => `
  window.heard = [];
  addEventListener('message', async ({ source, origin, data }) => {
    window.heard.push({ origin, data });
    const frame = document.querySelector('iframe');
    if (source !== frame.contentWindow || origin !== ${JSON.stringify(auditUrl)}) return;
    if (data.type !== 'annals:ready') return;
    const { token } = await (await fetch('/token', { method: 'POST' })).json();
    frame.contentWindow.postMessage({ type: 'annals:token', token }, origin);
  });`;

/** `127.0.0.1` is of the log's site, so that its cookies would be sent; `localhost` is another site. */
export type HostName = '127.0.0.1' | 'localhost';

export const startHost = async (name: HostName = 'localhost') => {
  let audit = '';
  let mint = async (): Promise<string> => '{}';
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      void mint().then(token => response.setHeader('content-type', 'application/json').end(token));
      return;
    }
    const path = request.url === '/full' ? '/' : '/embed';
    response
      .setHeader('content-type', 'text/html')
      .end(
        `<!doctype html><title>Host</title><link rel="icon" href="data:,"><script>${script(audit)}</script>` +
          `<iframe src="${audit}${path}" width="1200" height="800"></iframe>`,
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://${name}:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    /** Shows the page of an installation, whose key of the role `page` mints for this user of `acme`. */
    show: (url: string, key: string, userId: string): void => {
      audit = url;
      mint = async () => {
        const answer = await fetch(`${url}/v1/page-tokens`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ scope_id: 'acme', user_id: userId, origin }),
        });
        return answer.text();
      };
    },
  };
};

/** What the page that holds the frame was told, by whom. */
export const heardBy = (page: Page): Promise<{ origin: string; data: unknown }[]> =>
  page.evaluate(() => (globalThis as unknown as { heard: { origin: string; data: unknown }[] }).heard);

/** A new key that mints tokens, once the server knows it. */
const pageKey = async ({ url, data }: Server): Promise<string> => {
  const added = await annals(['key', 'add', '--name', 'app', '--role', 'page', '--data', data, '--json']);
  const { token } = JSON.parse(added.out) as { token: string };
  await eventually(async () => {
    const answer = await fetch(`${url}/v1/page-tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: '{}',
    });
    expect(answer.status).toBe(400);
  });
  return token;
};

/** A host page whose frame shows the log of acme to u-17. */
export const openHost = async (name?: HostName) => {
  const host = await startHost(name);
  const server = await startPage({ embedOrigins: [host.origin] });
  for (const userId of ['u-17', 'u-18']) await server.admin('acme', userId);
  await server.record(someLog());
  const key = await pageKey(server);
  host.show(server.url, key, 'u-17');
  return { host, server, key };
};
