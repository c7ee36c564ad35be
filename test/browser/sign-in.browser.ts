import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { admin, signIn, startPage } from './installation.ts';

useBrowser();

describe('signing in', () => {
  it('is asked of whoever comes without a link', async () => {
    const server = await startPage();
    const page = await openTab();
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expectQuiet(page);
  });

  it('takes a link that a scanner has followed, once', async () => {
    const server = await startPage();
    await server.admin('acme', 'u-17');
    const link = await server.linkFor(admin('acme', 'u-17'));
    const scanner = await openTab();
    await scanner.goto(link);
    await scanner.getByRole('button', { name: 'Sign in' }).waitFor();
    const page = await openTab();
    await signIn(page, link);
    expect(page.url()).not.toContain('login=');
    await page.getByText('acme').first().waitFor();
    const second = await openTab();
    await second.goto(link);
    await second.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    expectQuiet(page);
  });

  it('ends on the server with “Sign out”', async () => {
    const server = await startPage();
    await server.admin('acme', 'u-17');
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    const again = await fetch(new URL('v1/session', server.url), {
      headers: { cookie: `${cookie!.name}=${cookie!.value}`, 'x-annals-page': '1' },
    });
    expect(again.status).toBe(401);
  });
});
