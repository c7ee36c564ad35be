import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventObject } from '#test/support/builders.ts';
import { expectQuiet, openTab, useBrowser, watch } from './chromium.ts';
import { admin, signIn } from './installation.ts';
import { eventAgo, expectRows, search, startWithLog } from './log-view.ts';

useBrowser();

/** Longer than any pause between two questions. */
const longMs = 61_000;

const follow = async (page: Page): Promise<void> => {
  await search(page, 'actor:u-99');
  await expectRows(page, 6);
  await page.getByRole('button', { name: 'Follow' }).click();
};

const comeTo = (page: Page, text: string) => page.getByRole('button', { name: text, exact: true });

const openFollowed = async () => {
  const server = await startWithLog();
  const page = await openTab();
  await page.clock.install();
  await signIn(page, await server.linkFor(admin('acme', 'u-17')));
  await follow(page);
  await page.getByText('Following: new events show up here').waitFor();
  return { server, page };
};

const byMallory = { actor: { id: 'u-99', type: 'user', name: 'Mallory' } };

describe('a followed log', () => {
  it('marks where it began, and what occurred earlier', async () => {
    const { server, page } = await openFollowed();
    await page.getByText(/^Followed since 2/).waitFor();
    await server.record([
      eventObject({ id: undefined, occurred_at: new Date().toISOString(), action: 'user.new', ...byMallory }),
      eventAgo(45, { action: 'user.late', ...byMallory }),
    ]);
    await page.clock.fastForward(longMs);
    await comeTo(page, '2 new events').click();
    const rows = page.getByRole('table', { name: 'New events' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(2);
    expect(await rows.filter({ hasText: 'user.late' }).textContent()).toContain('occurred earlier');
    expect(await rows.filter({ hasText: 'user.new' }).textContent()).not.toContain('occurred earlier');
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it('is asked for by one tab of a browser, which the others hear, and by another once that is closed', async () => {
    const { server, page } = await openFollowed();
    const other = watch(await page.context().newPage());
    await other.clock.install();
    await other.goto(server.url);
    await follow(other);
    await other.getByText('Another tab follows').waitFor();
    const asked: string[] = [];
    other.on('request', request => asked.push(request.url()));
    await server.record([eventAgo(1, byMallory)]);
    await page.clock.fastForward(longMs);
    await comeTo(page, '1 new event').waitFor();
    await comeTo(other, '1 new event').waitFor();
    expect(asked).toEqual([]);
    await page.close();
    await other.getByText('Following: new events show up here').waitFor();
    await server.record([eventAgo(1, byMallory)]);
    await other.clock.fastForward(longMs);
    await comeTo(other, '2 new events').waitFor();
    expectQuiet(other);
  });
});
