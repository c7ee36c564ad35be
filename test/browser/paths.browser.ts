import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, useBrowser, violationsOf } from './chromium.ts';
import { admin, type Server, signIn, startPage } from './installation.ts';
import { eventAgo, expectRows, panelOf, rowsOf, search } from './log-view.ts';

useBrowser();

const builds = [
  eventAgo(5, {
    payload: { branch: 'main', run: { n: 12, tags: ['a', 'b'] } },
    metadata: { 'request.id': 'r-1' },
  }),
  eventAgo(6, { payload: { branch: 'main', run: { n: 3 }, 'head ref': 'x y' } }),
  eventAgo(7, { payload: { branch: 'dev', run: { n: 100 } }, metadata: { 'request.id': 'r-2' } }),
  eventAgo(8, { payload: {} }),
];

const start = async (): Promise<{ page: Page; server: Server }> => {
  const server = await startPage();
  await server.admin('acme', 'u-17');
  await server.record(builds);
  const page = await openTab();
  await signIn(page, await server.linkFor(admin('acme', 'u-17')));
  // Beside the builds there is what the log records about itself.
  await search(page, 'action:context.*');
  await expectRows(page, builds.length);
  return { page, server };
};

describe('a path into payload or metadata', () => {
  it('is suggested as it occurs, with the values that are there, and finds them', async () => {
    const { page } = await start();
    const box = page.getByRole('combobox', { name: 'Query' });
    await box.fill('');
    await box.pressSequentially('pay');
    await page.getByRole('option', { name: /^payload\./ }).click();
    await page.getByRole('option', { name: 'payload.branch:' }).click();
    await page.getByRole('option', { name: 'main 2 events' }).click();
    await box.press('Enter');
    await expectRows(page, 2);
    await page.getByRole('button', { name: 'Remove payload.branch main' }).waitFor();
    await search(page, 'payload.run.n:10.. -payload.run.tags:b');
    await expectRows(page, 1);
    await search(page, 'payload."head ref":"x y" OR');
    await expectRows(page, 0);
    await search(page, 'metadata.request.id:(r-1 OR r-2)');
    await expectRows(page, 2);
    expectQuiet(page);
  });

  it('that is faulty says where, and leaves the rows as they are', async () => {
    const { page } = await start();
    await search(page, 'action:context.* payload.:main');
    await page.getByText(/^At character 26: Expected a path such as/).waitFor();
    expect(await rowsOf(page).count()).toBe(builds.length);
    expectQuiet(page);
  });

  it('is followed and excluded from a value of the open event, and goes back', async () => {
    const { page } = await start();
    await rowsOf(page).first().click();
    const payload = panelOf(page).locator('section', { has: page.getByRole('heading', { name: 'Payload' }) });
    await payload.getByRole('button', { name: '"main"' }).click();
    await payload.getByRole('button', { name: 'Only this' }).click();
    await expectRows(page, 2);
    await payload.getByRole('button', { name: '12', exact: true }).click();
    expect(await violationsOf(page)).toEqual([]);
    await payload.getByRole('button', { name: 'Not this' }).click();
    await expectRows(page, 1);
    await expect
      .poll(() => page.getByRole('combobox', { name: 'Query' }).inputValue())
      .toBe('action:context.* payload.branch:main -payload.run.n:12');
    await page.goBack();
    await expectRows(page, 2);
    const metadata = panelOf(page).locator('section', {
      has: page.getByRole('heading', { name: 'Metadata' }),
    });
    await metadata.getByRole('button', { name: '"r-1"' }).click();
    await metadata.getByRole('button', { name: 'Only this' }).click();
    await expectRows(page, 1);
    await page.getByRole('button', { name: 'Remove metadata.request.id r-1' }).waitFor();
    expectQuiet(page);
  });
});
