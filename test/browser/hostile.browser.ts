/** What others send is text: nothing of it runs, is hidden, or breaks the layout. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, phone, useBrowser, watch } from './chromium.ts';
import { admin, type Server, signIn, startPage } from './installation.ts';
import { eventAgo, expectRows, panelOf, rowsOf, search } from './log-view.ts';

useBrowser();

const image = '<img src=x onerror="globalThis.hasRun=1">';
const script = '"><script>globalThis.hasRun=1</script>';
const link = 'javascript:globalThis.hasRun=1';
const template = '{{constructor.constructor("hasRun=1")()}}';
const bidi = 'u\u202e17\u2066nimda\u2069';
const hidden = 'ad\u200bmin\ufeff\u00ad';
const wide = '😀'.repeat(64);
const unbroken = 'x'.repeat(256);
const huge = 'M'.repeat(100 * 1024);
const nested = JSON.parse(`${'{"a":['.repeat(30)}1${']}'.repeat(30)}`) as object;

const hostileEvents = (): object[] => [
  ...[image, script, link, template, bidi, hidden, wide, unbroken].map((text, n) => ({
    ...eventAgo(n + 1, {
      action: 'context.update',
      actor: { id: text, type: text, name: text },
      target: { id: text, type: text, name: text },
      payload: {
        before: { [text]: text },
        after: { [text]: `${text}!` },
        control: `${text}\u0000\u0007\u001b[31m\r\n\t`,
      },
      metadata: { [text]: text },
      request: { id: text, client_trace_id: text, ip_address: '203.0.113.9' },
    }),
  })),
  // A key of this name is data too.
  eventAgo(20, {
    payload: JSON.parse('{"__proto__":{"hasRun":1},"constructor":{"prototype":{"hasRun":1}}}'),
  }),
  eventAgo(21, { payload: nested }),
  eventAgo(22, { payload: { name: huge }, actor: { id: 'u-1', type: 'user', name: unbroken } }),
];

const start = async () => {
  const server = await startPage();
  await server.admin('acme', 'u-17');
  const events = hostileEvents();
  await server.record(events);
  const page = await openTab();
  await signIn(page, await server.linkFor(admin('acme', 'u-17')));
  return { server, page, count: events.length };
};

const expectHarmless = async (page: Page): Promise<void> => {
  expect(await page.evaluate('typeof hasRun')).toBe('undefined');
  expect(await page.evaluate('({}).hasRun')).toBeUndefined();
  expectQuiet(page);
};

/** How much wider than the screen the page is. */
const overflowOf = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

const open = async (page: Page, server: Server, fragment: string): Promise<Page> => {
  const tab = watch(await page.context().newPage());
  await tab.goto(new URL(fragment, server.url).href);
  return tab;
};

describe('hostile text', () => {
  it('in every field of an event is shown, and does nothing', async () => {
    const { page, count } = await start();
    await search(page, '-action:audit_log.*');
    await expectRows(page, count);
    await page.getByText('u\\u{202e}17').first().waitFor();
    await page.getByText('ad\\u{200b}min').first().waitFor();
    await page.setViewportSize(phone);
    expect(await overflowOf(page), 'the log').toBeLessThanOrEqual(0);
    await rowsOf(page).first().click();
    const panel = panelOf(page);
    for (let n = 0; n < count; n++) {
      await panel.getByRole('button', { name: 'Copy as JSON' }).waitFor();
      expect.soft(await overflowOf(page), `event ${n}`).toBeLessThanOrEqual(0);
      const width = await panel.evaluate(node => node.scrollWidth - node.clientWidth);
      expect.soft(width, `the panel of event ${n}`).toBeLessThanOrEqual(0);
      const timeline = panel.getByRole('button', { name: 'Show what else happened' });
      if ((await timeline.count()) > 0) await timeline.click();
      const next = panel.getByRole('button', { name: 'Next' });
      if (await next.isEnabled()) await next.click();
    }
    await expectHarmless(page);
  });

  it('in a filter finds its event, and does nothing', async () => {
    const { page } = await start();
    for (const text of [image, script, bidi, wide]) {
      await search(page, '');
      await search(page, `actor:"${text.replaceAll(/["\\]/g, '\\$&')}"`);
      await expectRows(page, 1);
      await page.getByRole('button', { name: 'Clear all' }).click();
    }
    await expectHarmless(page);
  });

  it('in the exports and the saved views does nothing', async () => {
    const { page } = await start();
    await page.setViewportSize(phone);
    await search(page, `actor:"${image.replaceAll('"', '\\"')}"`);
    await expectRows(page, 1);
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(script);
    await page.getByRole('button', { name: 'Save this view' }).click();
    await page.getByRole('button', { name: script, exact: true }).first().waitFor();
    expect(await overflowOf(page), 'the saved views').toBeLessThanOrEqual(0);
    await page.getByRole('link', { name: 'Exports' }).click();
    await page.getByText('1 event', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page
      .getByRole('button', { name: /^Download the export/ })
      .first()
      .waitFor();
    expect(await overflowOf(page), 'exports').toBeLessThanOrEqual(0);
    await expectHarmless(page);
  });
});

describe('a hostile link', () => {
  it('that is broken shows what could be read, and says what could not', async () => {
    const { server, page } = await start();
    const tab = await open(
      page,
      server,
      `#/log?q=%E0%A4%A&range=${encodeURIComponent(image)}&__proto__=1&columns=time,action&x`,
    );
    await tab.setViewportSize(phone);
    await tab.getByText('This link could not be read as a whole').waitFor();
    await rowsOf(tab).first().waitFor();
    expect(await tab.getByRole('columnheader').allTextContents()).toEqual(['Time', 'Action']);
    expect(await overflowOf(tab)).toBeLessThanOrEqual(0);
    await expectHarmless(page);
    await expectHarmless(tab);
  });

  it('of another log says so, and shows one’s own', async () => {
    const { server, page } = await start();
    const tab = await open(page, server, `#/log?scope=${encodeURIComponent(script)}&range=7d@UTC`);
    await tab.setViewportSize(phone);
    await tab.getByText('This link is of the log of').waitFor();
    await rowsOf(tab).first().waitFor();
    expect(await overflowOf(tab)).toBeLessThanOrEqual(0);
    await expectHarmless(tab);
  });

  it('with a query of 10 KiB is asked whole, and said to be too long to share', async () => {
    const { server, page } = await start();
    const values = Array.from({ length: 98 }, (_, n) => `${'u'.repeat(100)}${n}`);
    const query = `actor:(u-1 OR ${values.join(' OR ')})`;
    expect(query.length).toBeGreaterThan(10 * 1024);
    const tab = await open(page, server, `#/log?range=7d@UTC&q=${encodeURIComponent(query)}`);
    await tab.setViewportSize(phone);
    await expectRows(tab, 3);
    await tab.getByText('This view makes a link of more than 6 KiB').waitFor();
    expect(await overflowOf(tab)).toBeLessThanOrEqual(0);
    expect(await tab.evaluate('decodeURIComponent(location.hash).length')).toBeGreaterThan(10 * 1024);
    await expectHarmless(tab);
  });
});
