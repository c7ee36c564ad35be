/** What axe finds: nothing, in each view and state, light and dark, on a desktop and on a phone. */
import type { Frame, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { desktop, openTab, phone, useBrowser, violationsOf } from './chromium.ts';
import { openHost } from './host-page.ts';
import { admin, dataWithUnreadableRecord, signIn, signInAsOperator, startPage } from './installation.ts';
import { expectRows, panelOf, rowsOf, search, someLog, startWithLog } from './log-view.ts';

useBrowser();

/** axe is not the page's own, so the policy would refuse it. */
const openBare = (): Promise<Page> => openTab({ bypassCSP: true, reducedMotion: 'reduce' });

const expectAccessible = async (page: Page, what: string, frame: Page | Frame = page): Promise<void> => {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const viewport of [desktop, phone]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      const scheme = `body${colorScheme === 'dark' ? '.awsui-dark-mode' : ':not(.awsui-dark-mode)'}`;
      await frame.locator(scheme).waitFor();
      expect.soft(await violationsOf(frame), `${what}, ${colorScheme}, ${viewport.width}`).toEqual([]);
    }
  await page.setViewportSize(desktop);
};

describe('axe finds nothing', () => {
  it('in signing in, in a link that no longer works, and once signed out', async () => {
    const server = await startWithLog();
    const link = await server.linkFor(admin('acme', 'u-17'));
    const page = await openBare();
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await expectAccessible(page, 'signed out');
    await page.goto(link);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await expectAccessible(page, 'a link');
    await signIn(page, link);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(link);
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await expectAccessible(page, 'a used link');
    await page.goto(await server.linkFor({ role: 'support', userId: 'ada' }));
    await page.getByLabel('Reason').waitFor();
    await expectAccessible(page, 'a link of support');
  });

  it('in the log, its parts that open, and its event', async () => {
    const server = await startWithLog();
    const page = await openBare();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    await page.getByRole('toolbar', { name: /^Events over time/ }).waitFor();
    await expectAccessible(page, 'the log');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('button', { name: 'Appearance' }).click();
    await page.getByLabel('Density').waitFor();
    await page.getByRole('combobox', { name: 'Range', exact: true }).selectOption('absolute');
    await page.getByRole('textbox', { name: 'From', exact: true }).waitFor();
    await page.getByText('As a table').click();
    await expectAccessible(page, 'the parts that open');
    await rowsOf(page).first().click();
    const panel = panelOf(page);
    await panel.getByRole('button', { name: 'Show what else happened' }).click();
    await panel.getByRole('list').last().waitFor();
    await panel.getByRole('button', { name: 'req-99' }).click();
    await panel.getByRole('button', { name: 'Only this' }).waitFor();
    await expectAccessible(page, 'an event');
    await panel.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('combobox', { name: 'Query' }).fill('act');
    await page.getByRole('option').first().waitFor();
    await expectAccessible(page, 'suggestions');
    await page.getByRole('combobox', { name: 'Query' }).fill('nofield:x');
    await page.getByRole('alert').waitFor();
    await expectAccessible(page, 'a faulty query');
    await search(page, 'actor:nobody');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    await expectAccessible(page, 'nothing matches');
  });

  it('in what is said while the server is away, the browser is offline, or rows are copied', async () => {
    const server = await startWithLog();
    const page = await openBare();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    await page.getByRole('button', { name: 'Copy rows' }).click();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copy link with fixed times' }).waitFor();
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByText(/^Followed since/).waitFor();
    await expectAccessible(page, 'copying and following');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.route('**/v1/**', route => route.abort());
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    await expectAccessible(page, 'away');
    await page.context().setOffline(true);
    await page.getByText('You are offline').waitFor();
    await expectAccessible(page, 'offline');
  });

  it('in a gap', async () => {
    const server = await startPage({ data: await dataWithUnreadableRecord(), tickMs: 200 });
    await server.record(someLog());
    const page = await openBare();
    await signInAsOperator(page, server, 'acme');
    await page.getByText('1 gap in this range').click();
    await page.getByText(/^(Since|From) 2/).waitFor();
    await expectAccessible(page, 'the note of a gap');
    await page.getByRole('link', { name: 'Gaps' }).click();
    await page.getByRole('button', { name: /^Put back the gap/ }).waitFor();
    await expectAccessible(page, 'a gap');
  });

  it('in a frame', async () => {
    const { host, server } = await openHost();
    const page = await openBare();
    await page.goto(host.origin);
    await page.frameLocator('iframe').getByText('Mallory').first().waitFor();
    const frame = page.frames().find(one => one.url().startsWith(server.url))!;
    await frame.getByRole('toolbar', { name: /^Events over time/ }).waitFor();
    await expectAccessible(page, 'a frame', frame);
  });

  it('in exports and schedules', async () => {
    const server = await startWithLog();
    const page = await openBare();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await page.getByRole('link', { name: 'Exports' }).click();
    await page.getByText('Nobody has exported this log yet').waitFor();
    await page.getByText(/^\d+ events$/).waitFor();
    await expectAccessible(page, 'exports');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page
      .getByRole('button', { name: /^Download the export/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Manifest' }).click();
    await page.getByRole('button', { name: 'Save the manifest' }).waitFor();
    await expectAccessible(page, 'an export');
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByText('No schedules').waitFor();
    await expectAccessible(page, 'no schedules');
    await page.getByRole('button', { name: 'New schedule' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('weekly');
    await expectAccessible(page, 'a new schedule');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('button', { name: 'Runs of weekly' }).click();
    await page.getByRole('heading', { name: 'Runs of weekly' }).waitFor();
    await expectAccessible(page, 'schedules');
  });

  it('in admins and gaps', async () => {
    const server = await startWithLog();
    const page = await openBare();
    await signInAsOperator(page, server, 'acme');
    await page.getByRole('link', { name: 'Admins' }).click();
    await page.getByRole('button', { name: 'Revoke u-17' }).waitFor();
    await expectAccessible(page, 'admins');
    await page.getByRole('button', { name: 'Revoke u-17' }).click();
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'a question');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('link', { name: 'Gaps' }).click();
    await page.getByText('No gaps').waitFor();
    await expectAccessible(page, 'gaps');
  });

  it('where somebody may see nothing', async () => {
    const server = await startWithLog();
    const page = await openBare();
    await page.goto(await server.linkFor(admin('acme', 'u-1')));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'You may not see this log' }).waitFor();
    await expectAccessible(page, 'no right');
  });
});
