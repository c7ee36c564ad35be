import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSafeToSignIn, makeLoginLink, pageUrl } from '#cli/start/login-link.ts';
import { LoginLinks } from '#embedded/access/login-links.ts';
import { anAdmin } from '#test/support/page.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('the URL of the page', () => {
  it('is the one that is given, or that of the running server: its public one first', async () => {
    const root = await temporaryDirectory();
    expect(await pageUrl(root, 'https://example.com/audit/')).toBe('https://example.com/audit');
    await expect(pageUrl(root, undefined)).rejects.toMatchObject({ exitCode: 3 });
    writeFileSync(join(root, 'server.json'), '{"url":"http://127.0.0.1:1"}');
    expect(await pageUrl(root, undefined)).toBe('http://127.0.0.1:1');
    writeFileSync(join(root, 'server.json'), '{"url":"http://127.0.0.1:1","public_url":"https://x.example"}');
    expect(await pageUrl(root, undefined)).toBe('https://x.example');
  });

  it('is safe to sign in to by https, or on this machine', () => {
    for (const url of [
      'https://example.com',
      'http://127.0.0.1:8787',
      'http://[::1]:1',
      'http://localhost/x',
    ])
      expect(isSafeToSignIn(url), url).toBe(true);
    for (const url of ['http://example.com', 'http://192.0.2.7:8787', 'http://localhost.example'])
      expect(isSafeToSignIn(url), url).toBe(false);
  });
});

describe('a login link of the command line', () => {
  it('is one that the server finds', async () => {
    const root = await temporaryDirectory();
    writeFileSync(join(root, 'keys.json'), '{}');
    const { link } = await makeLoginLink(root, 'https://example.com/audit', anAdmin);
    const [, secret] = /^https:\/\/example\.com\/audit\/#login=([\w-]{43})$/.exec(link)!;
    expect(await new LoginLinks(root, Date.now).find(secret!)).toMatchObject(anAdmin);
  });
});
