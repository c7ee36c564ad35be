import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '#test/support/server.ts';
import { expectQuiet, openTab, useBrowser, watch } from './chromium.ts';
import { admin, signIn } from './installation.ts';
import { expectRows, keysOf, search, startWithLog } from './log-view.ts';

useBrowser();

const open = async (options = {}) => {
  const server = await startWithLog();
  const page = await openTab({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
  await signIn(page, await server.linkFor(admin('acme', 'u-17')));
  await search(page, 'actor:u-99');
  await expectRows(page, 6);
  return { server, page };
};

const copied = (page: Page): Promise<string> => page.evaluate<string>('navigator.clipboard.readText()');

/** The menu of saved views is named by the view that is shown. */
const menu = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first();

const save = async (page: Page, name: string): Promise<void> => {
  await menu(page, 'Saved views').click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Save this view' }).click();
};

describe('a saved view', () => {
  it('has a name, is marked when it is changed, and is chosen again', async () => {
    const { page } = await open();
    await save(page, 'Mallory');
    await menu(page, 'Mallory').waitFor();
    await search(page, 'actor:u-99 success:false');
    await expectRows(page, 3);
    await menu(page, 'Mallory (changed)').waitFor();
    await page.locator('.popup').getByRole('button', { name: 'Mallory', exact: true }).click();
    await expectRows(page, 6);
    await menu(page, 'Mallory').waitFor();
    await page.getByRole('button', { name: 'Delete Mallory' }).click();
    await page.getByText('No view is saved yet').waitFor();
    expectQuiet(page);
  });

  it('that is the default is shown to whoever comes without a link, and marked when it is changed', async () => {
    const { server, page } = await open();
    await save(page, 'Mallory');
    await page.getByRole('button', { name: 'Default', exact: true }).click();
    const fresh = watch(await page.context().newPage());
    await fresh.goto(server.url);
    await expectRows(fresh, 6);
    await menu(fresh, 'Mallory').waitFor();
    await search(fresh, 'actor:u-3');
    await expectRows(fresh, 1);
    await menu(fresh, 'Mallory (changed)').waitFor();
    expectQuiet(fresh);
  });

  it('is saved from a link, and not shown to somebody else who uses the browser', async () => {
    const { server, page } = await open();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const link = await copied(page);
    await server.admin('acme', 'u-18');
    const other = await openTab();
    await signIn(other, await server.linkFor(admin('acme', 'u-18')));
    await other.goto(link);
    await expectRows(other, 6);
    await save(other, 'From u-17');
    await menu(other, 'From u-17').waitFor();
    await signIn(other, await server.linkFor(admin('acme', 'u-17')));
    await menu(other, 'Saved views').click();
    await other.getByText('No view is saved yet').waitFor();
    expectQuiet(other);
  });
});

describe('a copy', () => {
  it('of the link can have fixed times', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('The link shows “Last 7 days” as of when it is opened').waitFor();
    expect(await copied(page)).toContain('range=7d@');
    await page.getByRole('button', { name: 'Copy link with fixed times' }).click();
    await expect.poll(() => copied(page)).toMatch(/range=2\S+Z\.\.2\S+Z/);
    await page.goto(await copied(page));
    await page.getByRole('button', { name: /^2.* to 2/ }).waitFor();
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it('of the rows is CSV for spreadsheets: of those shown, or of those chosen', async () => {
    const { page } = await open();
    const shown = await keysOf(page);
    const idsOf = async (): Promise<string[]> =>
      parseCsv(await copied(page))
        .map(({ id, occurred_at }) => `${id}@${occurred_at}`)
        .sort();
    await page.getByRole('button', { name: 'Copy rows' }).click();
    await page.getByRole('button', { name: 'Copy the 6 events shown' }).click();
    await expect.poll(idsOf).toEqual(shown);
    const choices = page.getByRole('checkbox', { name: /^Choose the event/ });
    await choices.nth(0).check();
    await choices.nth(2).check();
    await page.getByRole('button', { name: 'Copy the 2 chosen events' }).click();
    await expect.poll(async () => (await idsOf()).length).toBe(2);
    expect(shown).toEqual(expect.arrayContaining(await idsOf()));
    await page.getByRole('checkbox', { name: 'Choose all events' }).check();
    await page.getByRole('button', { name: 'Copy the 6 chosen events' }).waitFor();
    expectQuiet(page);
  });
});

describe('the precise range', () => {
  const openRange = async () => {
    const { page } = await open({ timezoneId: 'Europe/Berlin' });
    await page.getByRole('combobox', { name: 'Range', exact: true }).selectOption('absolute');
    await page.getByText('Times of Europe/Berlin').waitFor();
    const [from, to] = ['From', 'To'].map(name => page.getByRole('textbox', { name, exact: true }));
    return { page, from: from!, to: to!, show: page.getByRole('button', { name: 'Show', exact: true }) };
  };

  it('asks which of two is meant if clocks strike a time twice', async () => {
    const { page, from, to, show } = await openRange();
    await from.fill('2026-10-25 02:30');
    await to.fill('2026-10-26');
    await page.getByText('Clocks strike this time twice.').waitFor();
    await show.click();
    await page.getByRole('button', { name: /^2026-10-25 02:30:00 \+02:00 to 2026-10-26 00:00:00/ }).click();
    await from.fill('2026-10-25 02:30');
    await page.getByRole('checkbox', { name: 'The later of the two' }).check();
    await show.click();
    await page.getByRole('button', { name: /^2026-10-25 02:30:00 \+01:00 to/ }).waitFor();
    expect(page.url()).toContain('range=2026-10-25T01:30:00.000000000Z..2026-10-25T23:00:00.000000000Z');
    expectQuiet(page);
  });

  it('moves a time that clocks skip, and says so; and takes no end that is not a time, or too early', async () => {
    const { page, from, to, show } = await openRange();
    await from.fill('2026-03-29 02:30');
    await to.fill('');
    await page.getByText('Clocks skip this time; it is taken as 2026-03-29 03:30:00 +02:00').waitFor();
    await to.fill('soon');
    await page.getByRole('alert').getByText('Expected times such as').waitFor();
    await to.fill('2026-03-28');
    await page.getByRole('alert').getByText('The range is empty').waitFor();
    await to.fill('');
    await show.click();
    await page.getByRole('button', { name: /^2026-03-29 03:30:00 \+02:00 to now/ }).waitFor();
    await expectRows(page, 6);
    expectQuiet(page);
  });
});
