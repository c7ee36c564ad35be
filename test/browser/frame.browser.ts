import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { type HostName, heardBy, openHost, startHost } from './host-page.ts';
import { admin, signIn } from './installation.ts';

useBrowser();

describe('the page in a frame of a configured origin', () => {
  it.each<HostName>(['127.0.0.1', 'localhost'])(
    'shows the log to whom a token names, without the session that the browser has: %s',
    async name => {
      const { host, server } = await openHost(name);
      const page = await openTab();
      await signIn(page, await server.linkFor(admin('acme', 'u-18')));
      const asked: { cookie: string | undefined; embedder: string | undefined }[] = [];
      page.on('request', async request => {
        if (!request.url().startsWith(`${server.url}/v1/events`)) return;
        const { cookie, 'x-annals-embedder': embedder } = await request.allHeaders();
        asked.push({ cookie, embedder });
      });
      await page.goto(host.origin);
      const frame = page.frameLocator('iframe');
      await frame.getByRole('table', { name: 'Log' }).getByText('Mallory').first().waitFor();
      await frame.getByRole('banner').getByText('u-17').waitFor();
      expect(await heardBy(page)).toEqual([{ origin: server.url, data: { type: 'annals:ready' } }]);
      expect(asked.length).toBeGreaterThan(0);
      expect(new Set(asked.map(one => JSON.stringify(one)))).toEqual(
        new Set([JSON.stringify({ cookie: undefined, embedder: host.origin })]),
      );
      // The rest is on the full page.
      expect(await frame.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
      for (const way of [
        frame.getByRole('link', { name: 'Exports' }),
        frame.getByRole('button', { name: 'Export this view' }),
      ]) {
        const opened = page.context().waitForEvent('page');
        await way.click();
        const fullPage = await opened;
        await fullPage.waitForURL(
          url => url.href.startsWith(`${server.url}/#`) && url.hash.includes('exports'),
        );
      }
      await frame.getByRole('table', { name: 'Log' }).getByText('Mallory').first().waitFor();
      expectQuiet(page);
    },
  );

  it('shows nothing once its user is no longer an admin', async () => {
    const { host, server } = await openHost();
    const page = await openTab();
    await page.goto(host.origin);
    const frame = page.frameLocator('iframe');
    await frame.getByRole('table', { name: 'Log' }).getByText('Mallory').first().waitFor();
    // All that the page asks by itself is answered; otherwise it goes blank before anybody refreshes.
    await frame.getByRole('toolbar', { name: /^Events over time/ }).waitFor();
    await frame.getByText('not in the catalogue').first().waitFor();
    await server.admin('acme', 'u-17', 'DELETE');
    await frame.getByRole('button', { name: 'Refresh' }).click();
    await frame.getByRole('heading', { name: 'You may not see this log' }).waitFor();
    expect(await frame.getByText('Mallory').count()).toBe(0);
    expectQuiet(page);
  });

  it('gets no other page of the log into its frame', async () => {
    const { host } = await openHost();
    await expectRefused(`${host.origin}/full`);
  });
});

/** The browser shows nothing in the frame of this page. */
const expectRefused = async (url: string): Promise<void> => {
  const page = await openTab();
  const refused = page.waitForEvent('console', message => /frame-ancestors/.test(message.text()));
  await page.goto(url);
  await refused;
  await expect.poll(() => page.frames().at(-1)!.url()).toMatch(/^chrome-error:/);
  expect(await heardBy(page)).toEqual([]);
};

describe('a page that is not configured', () => {
  it('gets nothing into its frame, and no message', async () => {
    const { server, key } = await openHost();
    const foreign = await startHost();
    foreign.show(server.url, key, 'u-17');
    await expectRefused(foreign.origin);
  });

  it('opens the page for frames by itself and sees nothing', async () => {
    const { server } = await openHost();
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await page.goto(`${server.url}/embed`);
    await page.getByRole('heading', { name: 'This page is shown within another one' }).waitFor();
    expect(await page.getByText('Mallory').count()).toBe(0);
    expectQuiet(page);
  });
});
