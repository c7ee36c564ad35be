import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { askAsPage, post } from '#test/support/page.ts';
import { startServer } from '#test/support/server.ts';

const origin = 'https://app.example.com';
const asked = { scope_id: 'acme', user_id: 'u-17', origin };
const codeOf = async (answer: Response): Promise<string> =>
  `${answer.status} ${((await answer.json()) as { code: string }).code}`;

const pageKey = async (data: string): Promise<Record<string, string>> => {
  const added = await annals(['key', 'add', '--name', 'app', '--role', 'page', '--data', data, '--json']);
  const { token } = JSON.parse(added.out) as { token: string };
  return { authorization: `Bearer ${token}` };
};

describe('a key of the page', () => {
  it('mints tokens that show an admin the log of their scope in a frame, and nothing else', async () => {
    const server = await startServer({ embedOrigins: [origin] });
    const { url, data, admin } = server;
    await server.post(eventText());
    const key = await pageKey(data);
    await eventually(async () =>
      expect(await codeOf(await askAsPage(url, '/v1/page-tokens', post(asked, key)))).toBe(
        '403 not_an_admin',
      ),
    );
    await admin('acme', 'u-17');
    const minted = await askAsPage(url, '/v1/page-tokens', post({ ...asked, seconds: 60 }, key));
    expect(minted.status).toBe(201);
    const { token, expires_at } = (await minted.json()) as { token: string; expires_at: string };
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
    const framed = { authorization: `Bearer ${token}`, 'x-annals-embedder': origin };
    const look = (body: object) => askAsPage(url, '/v1/events/search', post(body, framed));
    expect((await look({ scope_id: 'acme' })).status).toBe(200);
    expect(await codeOf(await look({ scope_id: 'other' }))).toBe('403 forbidden');
    const counts = '/v1/events/histogram?scope_id=acme&interval=1h';
    expect((await askAsPage(url, counts, { headers: framed })).status).toBe(200);
    const exporting = await askAsPage(url, '/v1/exports', post({ scope_id: 'acme' }, framed));
    expect(await codeOf(exporting)).toBe('403 forbidden');
    await admin('acme', 'u-17', 'DELETE');
    expect(await codeOf(await look({ scope_id: 'acme' }))).toBe('403 not_an_admin');
  });

  it('mints for the configured origins, and may do nothing else; no other key mints', async () => {
    const { url, data, keys } = await startServer({ embedOrigins: [origin] });
    const key = await pageKey(data);
    const codeFor = async (body: object, headers = key) =>
      codeOf(await askAsPage(url, '/v1/page-tokens', post(body, headers)));
    await eventually(async () => expect(await codeFor(asked)).toBe('403 not_an_admin'));
    for (const body of [
      { ...asked, origin: 'https://evil.example' },
      { ...asked, origin: `${origin}/` },
      { ...asked, seconds: 601 },
      { ...asked, seconds: 0 },
      { scope_id: 'acme', user_id: 'u-17' },
    ])
      expect(await codeFor(body), JSON.stringify(body)).toBe('400 invalid_request');
    for (const path of ['/v1/exports?scope_id=acme', '/v1/events?scope_id=acme', '/v1/gaps'])
      expect(await codeOf(await askAsPage(url, path, { headers: key })), path).toBe('403 forbidden');
    expect(await codeFor(asked, { authorization: `Bearer ${keys.operator}` })).toBe('403 forbidden');
    expect(await codeFor(asked, {} as never)).toBe('401 unauthorized');
  });
});
