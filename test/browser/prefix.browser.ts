import { describe, expect, it } from 'vitest';
import { eventually } from '#test/support/eventually.ts';
import { freePort } from '#test/support/free-port.ts';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { admin, signIn, startPage } from './installation.ts';
import { someLog } from './log-view.ts';
import { startNginx } from './nginx.ts';

useBrowser();

const path = '/security/audit';

describe('the page below a path of nginx', () => {
  it('signs in by a link, shows the log, keeps its cookie to its path, and signs out', async () => {
    const port = await freePort();
    const publicUrl = `https://localhost:${port}${path}`;
    const server = await startPage({ front: { publicUrl, trustedProxies: undefined } });
    await startNginx({ port, path, upstream: server.url });
    await server.admin('acme', 'u-17');
    await server.record(someLog());
    const page = await openTab({ ignoreHTTPSErrors: true });
    await eventually(async () => expect((await page.request.get(`${publicUrl}/`)).status()).toBe(200));
    const outside: string[] = [];
    page.on('request', request => {
      if (!request.url().startsWith(`${publicUrl}/`)) outside.push(request.url());
    });

    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await page.getByRole('table', { name: 'Log' }).getByText('Mallory').first().waitFor();
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([
      {
        name: '__Secure-annals',
        path,
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
        domain: 'localhost',
      },
    ]);
    await page.reload();
    await page.getByRole('table', { name: 'Log' }).getByText('Mallory').first().waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await page.getByText('Mallory').count()).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
    const [{ name, value }] = cookies as [(typeof cookies)[number]];
    const again = await page.request.get(`${publicUrl}/v1/session`, {
      headers: { cookie: `${name}=${value}`, 'x-annals-page': '1' },
    });
    expect(again.status()).toBe(401);
    expect(outside).toEqual([]);
    expectQuiet(page);
  });
});
