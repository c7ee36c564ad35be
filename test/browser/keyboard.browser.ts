import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { admin } from './installation.ts';
import { expectRows, panelOf, rowsOf, startWithLog } from './log-view.ts';

useBrowser();

const mostStops = 80;

const hasFocus = (target: Locator): Promise<boolean> =>
  target.evaluate(element => element === element.ownerDocument.activeElement);

/** Presses Tab until the target has the focus. */
const tabTo = async (page: Page, target: Locator): Promise<void> => {
  await target.waitFor();
  for (let stop = 0; stop < mostStops; stop++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${target} is not among the first ${mostStops} stops`);
};

const pressAt = async (page: Page, target: Locator, key = 'Enter'): Promise<void> => {
  await tabTo(page, target);
  await page.keyboard.press(key);
};

const startSignedIn = async (): Promise<Page> => {
  const server = await startWithLog();
  const page = await openTab();
  await page.goto(await server.linkFor(admin('acme', 'u-17')));
  await pressAt(page, page.getByRole('button', { name: 'Sign in' }));
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
};

const searchByKeys = async (page: Page): Promise<void> => {
  await tabTo(page, page.getByRole('combobox', { name: 'Query' }));
  await page.keyboard.type('act');
  await page.getByRole('option', { name: /^actor:/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByRole('combobox', { name: 'Query' }).inputValue()).toBe('actor:');
  await page.keyboard.type('u-99');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await expectRows(page, 6);
};

describe('by keyboard alone', () => {
  it('one signs in, searches, and reads one event after another', async () => {
    const page = await startSignedIn();
    await searchByKeys(page);
    const rows = rowsOf(page);
    await pressAt(page, rows.first());
    const panel = panelOf(page);
    await panel.getByRole('button', { name: 'Copy as JSON' }).waitFor();
    await expect
      .poll(() => panel.evaluate(node => node.contains(node.ownerDocument.activeElement)))
      .toBe(true);
    await page.keyboard.press('j');
    await expect.poll(() => rows.nth(1).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('k');
    await expect.poll(() => rows.first().getAttribute('aria-pressed')).toBe('true');
    await pressAt(page, panel.getByRole('button', { name: 'Next' }));
    await expect.poll(() => rows.nth(1).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    // Where one was.
    await expect
      .poll(() => rows.first().evaluate(row => row.ownerDocument.activeElement?.hasAttribute('data-row')))
      .toBe(true);
    expectQuiet(page);
  });

  it('one turns the single keys off', async () => {
    const page = await startSignedIn();
    await pressAt(page, page.getByRole('button', { name: 'Appearance' }));
    await pressAt(page, page.getByRole('checkbox', { name: /^Keys j and k/ }), 'Space');
    const rows = rowsOf(page);
    await pressAt(page, rows.first());
    const panel = panelOf(page);
    await panel.getByRole('button', { name: 'Copy as JSON' }).waitFor();
    await page.keyboard.press('j');
    await pressAt(page, panel.getByRole('button', { name: 'Next' }));
    // One further, not two.
    await expect.poll(() => rows.nth(1).getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    await page.getByRole('button', { name: 'Appearance' }).click();
    expect(await page.getByRole('checkbox', { name: /^Keys j and k/ }).isChecked()).toBe(false);
    expectQuiet(page);
  });

  it('one narrows the range by the histogram', async () => {
    const page = await startSignedIn();
    await searchByKeys(page);
    const range = page.getByRole('combobox', { name: 'Range', exact: true });
    await tabTo(page, range);
    while ((await range.inputValue()) !== '1h') await page.keyboard.press('ArrowUp');
    const bar = page.getByRole('button', { name: /1 succeeded, 0 failed$/ });
    await bar.first().waitFor();
    const bars = page.getByRole('toolbar', { name: /^Events over time/ }).getByRole('button');
    await tabTo(page, bars.last());
    await page.keyboard.press('Home');
    await expect.poll(() => hasFocus(bars.first())).toBe(true);
    await page.keyboard.press('Shift+End');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^2.* to 2/ }).waitFor();
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it('one exports, and downloads the file', async () => {
    const page = await startSignedIn();
    await pressAt(page, page.getByRole('link', { name: 'Exports' }));
    await page.getByText(/^\d+ events$/).waitFor();
    await pressAt(page, page.getByRole('button', { name: 'Export', exact: true }));
    const saved = page.getByRole('button', { name: /^Download the export/ }).first();
    await saved.waitFor();
    const download = page.waitForEvent('download');
    await pressAt(page, saved);
    expect((await download).suggestedFilename()).toMatch(/\.csv$/);
    expectQuiet(page);
  });
});
