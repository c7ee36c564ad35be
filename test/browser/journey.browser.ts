import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '#test/support/server.ts';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { admin, signIn } from './installation.ts';
import { eventAgo, expectRows, keysOf, panelOf, rowsOf, search, startWithLog } from './log-view.ts';

useBrowser();

const startSigned = async () => {
  const server = await startWithLog();
  const page = await openTab({ permissions: ['clipboard-read', 'clipboard-write'] });
  await signIn(page, await server.linkFor(admin('acme', 'u-17')));
  return { server, page };
};

/** From a failed login to all that happened in its request, in the last hour. */
const followRequest = async (page: Page): Promise<void> => {
  await page.getByLabel('Range').selectOption({ label: 'Last hour' });
  await search(page, 'action:user.login success:false');
  await expectRows(page, 2);
  await rowsOf(page).first().click();
  const panel = panelOf(page);
  await panel.getByRole('button', { name: 'req-99', exact: true }).click();
  await panel.getByRole('button', { name: 'Only this' }).click();
  await page.getByRole('button', { name: 'Remove Action user.login' }).click();
  await page.getByRole('button', { name: 'Remove Outcome false' }).click();
  await expectRows(page, 6);
  await panel.getByRole('button', { name: 'Close' }).click();
};

const narrow = (page: Page): Promise<void> =>
  page
    .getByRole('toolbar', { name: /^Events over time/ })
    .getByRole('button', { name: /2 succeeded, 1 failed$/ })
    .click();

/** Exports what the form says, and gives the keys of the rows in the file. */
const download = async (page: Page): Promise<string[]> => {
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('heading', { name: 'Export', exact: true }).waitFor({ state: 'hidden' });
  const saved = page.waitForEvent('download');
  await page
    .getByRole('button', { name: /^Download the export/ })
    .first()
    .click();
  const rows = parseCsv(await readFile(await (await saved).path(), 'utf8'));
  return rows.map(({ id, occurred_at }) => `${id}@${occurred_at}`).sort();
};

describe('an admin', () => {
  it('finds a failed login, follows its request, narrows by time, and downloads what the screen shows', async () => {
    const { page } = await startSigned();
    await followRequest(page);
    await narrow(page);
    await expectRows(page, 3);
    const shown = await keysOf(page);
    await page.getByRole('link', { name: 'Exports' }).click();
    await page.getByText('3 events', { exact: true }).waitFor();
    expect(await download(page)).toEqual(shown);
    expectQuiet(page);
  });

  it('exports what the log showed, although more has come since, or all of it up to now', async () => {
    const { server, page } = await startSigned();
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    const shown = await keysOf(page);
    await server.record([eventAgo(1, { actor: { id: 'u-99', type: 'user' } })]);
    await page.getByRole('link', { name: 'Exports' }).click();
    await page.getByText(/^As the log showed it: complete up to 2/).waitFor();
    await page.getByText('6 events', { exact: true }).waitFor();
    await page.getByText(/^Up to now/).click();
    await page.getByText('7 events', { exact: true }).waitFor();
    await page.getByText(/^As the log showed it/).click();
    await page.getByText('6 events', { exact: true }).waitFor();
    expect(await download(page)).toEqual(shown);
    expectQuiet(page);
  });

  it('goes back and forward through the views', async () => {
    const { page } = await startSigned();
    await followRequest(page);
    await narrow(page);
    await expectRows(page, 3);
    await page.goBack();
    await panelOf(page).waitFor({ state: 'hidden' });
    await expectRows(page, 6);
    // The panel was closed then.
    await page.goBack();
    await panelOf(page).waitFor();
    await page.goForward();
    await panelOf(page).waitFor({ state: 'hidden' });
    await page.goForward();
    await expectRows(page, 3);
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByText('No schedules').waitFor();
    await page.goBack();
    await expectRows(page, 3);
    expectQuiet(page);
  });

  it('shares a view that shows the same to another admin in a browser of their own', async () => {
    const { server, page } = await startSigned();
    await followRequest(page);
    await narrow(page);
    await expectRows(page, 3);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    await server.admin('acme', 'u-18');
    const other = await openTab();
    await signIn(other, await server.linkFor(admin('acme', 'u-18')));
    const shared = await other.context().newPage();
    await shared.goto(link);
    await expectRows(shared, 3);
    expect(await keysOf(shared)).toEqual(await keysOf(page));
    await shared.getByText('Request:').waitFor();
    expect(await shared.getByText('This link is of the log').count()).toBe(0);
    expectQuiet(page);
  });
});
