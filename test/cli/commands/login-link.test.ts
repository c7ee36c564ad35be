import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { askAsPage, post } from '#test/support/page.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('annals login-link', () => {
  it('prints a link that signs a user in to a running server, once and within ten minutes', async () => {
    const { url, data } = await startServer();
    const made = await annals(['login-link', '--scope', 'acme', '--user', 'u-17', '--data', data]);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toMatch(/^Works once, until .* UTC \(ten minutes\):\n/);
    const [link] = made.out.trim().split('\n').slice(-1);
    const [page, login] = link!.split('/#login=');
    expect(page).toBe(url);
    const answer = await askAsPage(url, '/v1/session', post({ login }));
    expect(await answer.json()).toMatchObject({ role: 'admin', scope_id: 'acme', user_id: 'u-17' });
  });

  it('prints JSON, and a link of staff that opens a scope on the page', async () => {
    const { url, data } = await startServer();
    const made = await annals(['login-link', '--role', 'support', '--user', 'ada', '--data', data, '--json']);
    const { url: link, expires_at } = JSON.parse(made.out) as { url: string; expires_at: string };
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(600_000);
    const login = link.split('#login=')[1]!;
    const answer = await askAsPage(url, '/v1/session/link', post({ login }));
    expect(await answer.json()).toMatchObject({ role: 'support', scope_id: null, user_id: 'ada' });
  });

  it('prints the public URL of the server, or the one that it is given', async () => {
    const { data } = await startServer({ front: { publicUrl: 'https://example.com/audit' } });
    const line = async (args: readonly string[], environment = {}) =>
      (await annals(['login-link', '--scope', 'a', '--user', 'u', '--data', data, ...args], '', environment))
        .out;
    expect(await line([])).toContain('https://example.com/audit/#login=');
    expect(await line(['--public-url', 'https://other.example/'])).toContain('https://other.example/#login=');
    expect(await line([], { ANNALS_PUBLIC_URL: 'https://env.example' })).toContain(
      'https://env.example/#login=',
    );
  });

  it('makes no link to a page that others can read along with', async () => {
    const { data } = await startServer({ front: { publicUrl: 'http://audit.example.com' } });
    const made = await annals(['login-link', '--scope', 'a', '--user', 'u', '--data', data]);
    expect(made).toMatchObject({ code: 1, err: expect.stringContaining('--public-url') });
  });

  it.each([
    [['--user', 'u'], 2, '--role'],
    [['--user', 'u', '--scope', 'a', '--role', 'support'], 2, '--scope'],
    [['--user', 'u', '--role', 'emitter'], 2, '--role'],
    [['--user', 'a\tb', '--scope', 'a'], 2, '--user'],
    [['--user', 'u', '--scope', 'a\tb'], 2, '--scope'],
    [['--user', 'u', '--scope', 'a', '--public-url', 'ftp://x'], 2, '--public-url'],
    [['--user', 'u', '--scope', 'a'], 3, 'start one with "npm start"'],
    [['--user', 'u', '--scope', 'a', '--public-url', 'https://example.com'], 2, 'no installation'],
  ])('%j ends with %d', async (args, code, place) => {
    const data = join(await temporaryDirectory(), 'none');
    const ended = await annals(['login-link', '--data', data, ...args]);
    expect(ended).toMatchObject({ code, err: expect.stringContaining(place) });
    expect(existsSync(data)).toBe(false);
  });

  it('is refused on AWS', async () => {
    expect(await annals(['--stack', 'Annals', 'login-link', '--user', 'u', '--scope', 'a'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('issuer'),
    });
  });
});
