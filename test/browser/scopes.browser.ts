import { describe, expect, it } from 'vitest';
import { eventObject } from '#test/support/builders.ts';
import { expectQuiet, openTab, useBrowser, violationsOf } from './chromium.ts';
import { expectRows, rowsOf, search, startWithLog } from './log-view.ts';

useBrowser();

const globex = (id: string) =>
  eventObject({
    id: undefined,
    occurred_at: new Date(Date.now() - 60_000).toISOString(),
    scope: { id: 'globex', type: 'account' },
    actor: { id, type: 'user' },
  });

describe('another scope', () => {
  it('is opened by support with a reason, once that log says so, and shows nothing of the first', async () => {
    const server = await startWithLog();
    await server.record([globex('g-1'), globex('g-2')], 'globex');
    const page = await openTab();
    await page.goto(await server.linkFor({ role: 'support', userId: 'ada' }));
    await page.getByLabel('Scope').fill('acme');
    await page.getByLabel('Reason').fill('ticket 4711');
    await page.getByRole('button', { name: 'Open the log' }).click();
    await search(page, 'actor:u-99');
    await expectRows(page, 6);

    await page.getByRole('button', { name: 'Open another scope' }).click();
    const form = page.getByRole('form', { name: 'Open another scope' });
    await form.getByLabel('Scope').fill('globex');
    await form.getByRole('button', { name: 'Open the log' }).click();
    // Without a reason nothing is sent.
    await page.getByRole('banner').getByText('acme').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    // Back to where they were, by keyboard.
    await page.keyboard.press('Escape');
    await expectRows(page, 6);

    await page.getByRole('button', { name: 'Open another scope' }).click();
    await form.getByLabel('Scope').fill('globex');
    await form.getByLabel('Reason').fill('ticket 4712');
    await page.keyboard.press('Enter');
    const banner = page.getByRole('banner');
    await banner.getByText('globex').waitFor();
    await banner.getByText('ticket 4712').waitFor();
    expect(await page.getByRole('combobox', { name: 'Query' }).inputValue()).toBe('');
    // The first rows hold the record of the opening, which stands before anything is shown.
    await expectRows(page, 3);
    expect(await rowsOf(page).first().locator('xpath=ancestor::tr').innerText()).toMatch(
      /audit_log\.scope\.open[\s\S]*ada/,
    );
    expect(await page.locator('main').innerText()).not.toMatch(/u-99|Mallory/);
    await search(page, 'action:audit_log.scope.open');
    await expectRows(page, 1);
    expectQuiet(page);
  });

  it('that was opened in another tab is told apart from a right that is gone, and either can be shown', async () => {
    const server = await startWithLog();
    await server.record([globex('g-1'), globex('g-2')], 'globex');
    const page = await openTab();
    await page.goto(await server.linkFor({ role: 'support', userId: 'ada' }));
    await page.getByLabel('Scope').fill('acme');
    await page.getByLabel('Reason').fill('ticket 4711');
    await page.getByRole('button', { name: 'Open the log' }).click();
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    const other = await page.context().newPage();
    await other.goto(new URL('.', page.url()).href);
    await other.getByRole('button', { name: 'Open another scope' }).click();
    const form = other.getByRole('form', { name: 'Open another scope' });
    await form.getByLabel('Scope').fill('globex');
    await form.getByLabel('Reason').fill('ticket 4712');
    await form.getByRole('button', { name: 'Open the log' }).click();
    await other.getByRole('banner').getByText('globex').waitFor();

    await page.getByRole('button', { name: 'Refresh' }).first().click();
    await page.getByText('This session has opened globex in another tab').waitFor();
    expect(await page.locator('main').innerText()).not.toMatch(/u-99|Mallory|may not see/);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open acme again' }).click();
    await expectRows(page, 6);
    await page.getByRole('banner').getByText('ticket 4711').waitFor();

    await other.getByRole('button', { name: 'Refresh' }).first().click();
    await other.getByRole('button', { name: 'Show acme' }).click();
    await other.getByRole('banner').getByText('acme').waitFor();
    await other.getByText('Mallory').first().waitFor();
  });

  it('is offered to no admin', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await page.goto(await server.linkFor({ role: 'admin', scopeId: 'acme', userId: 'u-17' }));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await page.getByRole('button', { name: 'Open another scope' }).count()).toBe(0);
  });
});
