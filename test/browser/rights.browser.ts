import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { admin, type Server, signIn } from './installation.ts';
import { expectRows, rowsOf, search, startWithLog } from './log-view.ts';

useBrowser();

const noRight = 'You may not see this log';

const openAs = async (server: Server, scopeId: string, userId: string): Promise<Page> => {
  const page = await openTab();
  await signIn(page, await server.linkFor(admin(scopeId, userId)));
  return page;
};

/** Nothing of the log is left anywhere in the page. */
const expectBlank = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { name: noRight }).waitFor();
  expect(await page.locator('html').innerHTML()).not.toMatch(/Mallory|u-99|203\.0\.113\.9/);
};

describe('the log of a scope', () => {
  it('shows nothing to somebody who is not an admin of it', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await page.goto(await server.linkFor(admin('acme', 'u-1')));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expectBlank(page);
    expectQuiet(page);
  });

  it('shows nothing to the admin of another scope who has a link to one of its views', async () => {
    const server = await startWithLog();
    await server.admin('globex', 'u-5');
    const page = await openAs(server, 'globex', 'u-5');
    const shared = await page.context().newPage();
    await shared.goto(new URL('#/log?scope=acme&q=actor:u-99&range=all', server.url).href);
    await shared.getByText('This link is of the log of acme. You look at the log of globex').waitFor();
    await shared.getByText('Nothing matches').waitFor();
    expect(await rowsOf(shared).count()).toBe(0);
    const status = await shared.evaluate(async () => {
      const answer = await fetch('v1/events/search', {
        method: 'POST',
        headers: { 'x-annals-page': '1', 'content-type': 'application/json' },
        body: JSON.stringify({ scope_id: 'acme' }),
      });
      return answer.status;
    });
    expect(status).toBe(403);
  });

  it('goes blank at the next question of an admin who was revoked', async () => {
    const server = await startWithLog();
    const page = await openAs(server, 'acme', 'u-17');
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    await rowsOf(page).first().click();
    await page.getByText('203.0.113.9').first().waitFor();
    // All that the page asks by itself is answered; otherwise it goes blank before anybody refreshes.
    await page.getByRole('toolbar', { name: /^Events over time/ }).waitFor();
    await page.getByText('not in the catalogue').first().waitFor();
    await server.admin('acme', 'u-17', 'DELETE');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expectBlank(page);
    // Back to an earlier view does not bring it back.
    await page.goBack();
    await expectBlank(page);
    expectQuiet(page);
  });

  it('goes blank while a revoked admin follows it', async () => {
    const server = await startWithLog();
    const page = await openAs(server, 'acme', 'u-17');
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByText('Following: new events show up here').waitFor();
    await server.admin('acme', 'u-17', 'DELETE');
    await expectBlank(page);
    expectQuiet(page);
  });
});

describe('support', () => {
  it('opens a log with a reason, which that log says', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await page.goto(await server.linkFor({ role: 'support', userId: 'ada' }));
    await page.getByLabel('Scope').fill('acme');
    await page.getByRole('button', { name: 'Open the log' }).click();
    // Without a reason it does not open.
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
    await page.getByLabel('Reason').fill('ticket 4711');
    await page.getByRole('button', { name: 'Open the log' }).click();
    const header = page.getByRole('banner');
    await header.getByText('ticket 4711').waitFor();
    await header.getByText('Support').waitFor();
    expect(await page.getByRole('link', { name: 'Admins' }).count()).toBe(0);
    await search(page, 'action:audit_log.scope.open');
    await expectRows(page, 1);
    await rowsOf(page).click();
    const panel = page.getByRole('complementary', { name: 'Event' });
    await panel.getByText('ticket 4711').first().waitFor();
    await panel.getByRole('button', { name: /ada/ }).first().waitFor();
    expectQuiet(page);
  });

  it('exports for an admin alone, keeps its page if it names somebody else, and is refused once', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await page.goto(await server.linkFor({ role: 'support', userId: 'ada' }));
    await page.getByLabel('Scope').fill('acme');
    await page.getByLabel('Reason').fill('ticket 4711');
    await page.getByRole('button', { name: 'Open the log' }).click();
    await page.getByRole('link', { name: 'Exports' }).click();
    // Each letter is a user that could be meant, and none of them is.
    await page.getByLabel('Requested by').pressSequentially('u-99');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByText('The user is not an admin of this log').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.getByLabel('Requested by').fill('u-17');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page
      .getByRole('button', { name: /^Download the export/ })
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await search(page, 'action:audit_log.export.request success:false');
    await expectRows(page, 1);
    expectQuiet(page);
  });
});
