import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventObject } from '#test/support/builders.ts';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import {
  admin,
  dataWithUnreadableRecord,
  type Server,
  signIn,
  signInAsOperator,
  startPage,
} from './installation.ts';
import { expectRows, rowsOf, search, someLog, startWithLog } from './log-view.ts';

useBrowser();

const openLog = async (server: Server): Promise<Page> => {
  const page = await openTab();
  await signIn(page, await server.linkFor(admin('acme', 'u-17')));
  await search(page, 'actor:u-99');
  await expectRows(page, 6);
  return page;
};

describe('the log', () => {
  it('keeps what it shows while the server is away, and goes on once it is back', async () => {
    const page = await openLog(await startWithLog());
    await page.clock.install();
    await page.route('**/v1/**', route => route.abort());
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The server does not answer. What you see may be out of date').waitFor();
    expect(await rowsOf(page).count()).toBe(6);
    // From now on nothing is tried again by itself.
    await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 100);
    await page.unroute('**/v1/**');
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('The server does not answer').waitFor({ state: 'hidden' });
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it('keeps what it shows while the browser is offline, and goes on by itself once it is online', async () => {
    const page = await openLog(await startWithLog());
    await page.clock.install();
    await page.context().setOffline(true);
    await page.getByText('You are offline. What you see may be out of date').waitFor();
    await page.getByRole('button', { name: 'Refresh' }).click();
    // As long as it takes to give up.
    const hasFailed = page.getByRole('heading', { name: 'The server does not answer' });
    while (!(await hasFailed.isVisible())) await page.clock.runFor(10_000);
    expect(await rowsOf(page).count()).toBe(6);
    await page.context().setOffline(false);
    await hasFailed.waitFor({ state: 'hidden' });
    await page.getByText('You are offline').waitFor({ state: 'hidden' });
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it('keeps the view when the session has ended, and shows it to whoever signs in again', async () => {
    const server = await startWithLog();
    const page = await openLog(server);
    // All that the page asks by itself is answered; otherwise it signs out before anybody refreshes.
    await page.getByRole('toolbar', { name: /^Events over time/ }).waitFor();
    await page.getByText('not in the catalogue').first().waitFor();
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    expect(await rowsOf(page).count()).toBe(0);
    expect(page.url()).toContain('q=actor:u-99');
    const again = await page.context().newPage();
    await signIn(again, await server.linkFor(admin('acme', 'u-17')));
    await page.reload();
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it.each(['Last hour', 'Today'])('shows what came since on Refresh, also of "%s"', async range => {
    const server = await startWithLog();
    const page = await openLog(server);
    await page.getByLabel('Range').selectOption(range);
    await search(page, 'actor:u-late');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    const occurred_at = new Date().toISOString();
    await server.record([eventObject({ id: undefined, occurred_at, actor: { id: 'u-late', type: 'user' } })]);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expectRows(page, 1);
  });

  it('says that nothing matches, and leads back', async () => {
    const page = await openLog(await startWithLog());
    await search(page, 'actor:nobody');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    await page.getByRole('button', { name: 'Clear the query' }).click();
    await rowsOf(page).first().waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
    expectQuiet(page);
  });

  it('says where a query is faulty, and keeps what it shows', async () => {
    const page = await openLog(await startWithLog());
    await search(page, 'actor:"u-99');
    await page.getByRole('alert').getByText('Expected the quote to be closed').waitFor();
    await expectRows(page, 6);
    expectQuiet(page);
  });

  it('asks for the histogram once the rows are there, and not while a search goes on', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await page.getByRole('figure').waitFor();
    const asked: string[] = [];
    page.on('request', request => void (request.url().endsWith('/histogram') && asked.push(request.url())));
    let release = (): void => undefined;
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    const bodies: (string | null)[] = [];
    // As a search that has not looked at everything.
    await page.route('**/v1/events/search', async route => {
      bodies.push(route.request().postData());
      const isFirst = bodies.length === 1;
      if (!isFirst) await held;
      const response = await route.fetch({ postData: bodies[0]! });
      const json = (await response.json()) as object;
      await route.fulfill({
        response,
        json: isFirst ? { ...json, cursor: 'more' } : { ...json, events: [], cursor: null },
      });
    });
    await search(page, 'actor:u-99');
    await expectRows(page, 6);
    await expect.poll(() => bodies.length).toBe(2);
    await page.locator('.histogram-place').waitFor();
    expect(asked).toEqual([]);
    release();
    await page.getByRole('figure').waitFor();
    expect(asked).toHaveLength(1);
  });

  it('says that a gap is in the range, to the operator too, who can end it', async () => {
    const server = await startPage({ data: await dataWithUnreadableRecord(), tickMs: 200 });
    await server.record(someLog());
    const page = await openTab();
    await signInAsOperator(page, server, 'acme');
    await page.getByText('1 gap in this range').click();
    await page.getByText(/^(Since|From) 2/).waitFor();
    await page.getByRole('link', { name: 'Gaps' }).click();
    await page.getByRole('button', { name: /^Put back the gap/ }).click();
    const redriven = page.waitForResponse(/redrive$/);
    await page.getByRole('dialog').getByRole('button', { name: 'Put back', exact: true }).click();
    expect((await redriven).status()).toBe(202);
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    // It still cannot be read: the gap ends once there is another one for it, and for a moment there are two.
    const buttonsOf = (verb: string) => page.getByRole('button', { name: new RegExp(`^${verb} the gap`) });
    await expect
      .poll(async () => {
        await page.reload();
        await buttonsOf('Dismiss').first().waitFor();
        return [await buttonsOf('Dismiss').count(), await buttonsOf('Put back').count()];
      })
      .toEqual([1, 1]);
    await buttonsOf('Dismiss').click();
    await page.getByLabel('Why no data is missing').fill('It held nothing');
    await page.getByRole('dialog').getByRole('button', { name: 'Dismiss', exact: true }).click();
    await page.getByText('No gaps').waitFor();
    expectQuiet(page);
  });
});
