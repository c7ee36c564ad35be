/**
 * Debian's Chromium, one for each test file. Whatever a page logs as an error, throws, or is refused by its policy is
 * kept, and `expectQuiet` fails on it.
 */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Frame, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

const executablePath = '/usr/bin/chromium';
const missing = `There is no ${executablePath}: install it with "apt-get install chromium"`;

let browser: Browser;

/** Starts the browser of a test file; to be called once, at its top. */
export const useBrowser = (): void => {
  beforeAll(async () => {
    if (!existsSync(executablePath)) throw new Error(missing);
    browser = await chromium.launch({
      executablePath,
      args: [
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        // Chromium has no sandbox for root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
    });
  });
  afterAll(() => browser?.close());
};

/** How long anything may take; long enough for a machine that is busy. */
const patienceMs = 60_000;

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

/** What a page complained of. */
const complaints = new WeakMap<Page, string[]>();

/** A page in a profile of its own, which ends with the test. */
export const openTab = async (options: BrowserContextOptions = {}): Promise<Page> => {
  const context = await browser.newContext({ viewport: desktop, locale: 'en-GB', ...options });
  context.setDefaultTimeout(patienceMs);
  const page = watch(await context.newPage());
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await portraitOf(page));
    await context.close();
  });
  return page;
};

const maxLines = 150;

/** What a failed test had before it. */
const portraitOf = async (page: Page): Promise<string> => {
  const text = await page.locator('body').ariaSnapshot({ timeout: 5000 }).catch(String);
  const lines = text.split('\n').filter(line => !line.includes('- option '));
  return [page.url(), ...(complaints.get(page) ?? []), ...lines.slice(0, maxLines)].join('\n');
};

export const watch = (page: Page): Page => {
  const said: string[] = [];
  complaints.set(page, said);
  page.on('pageerror', error => said.push(`thrown: ${error.message}`));
  page.on('console', message => {
    // A refused request is logged by the browser itself; what the page makes of it is tested.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isAnswer) said.push(message.text());
  });
  return page;
};

/** Nothing was thrown, logged as an error, or refused by the policy. */
export const expectQuiet = (page: Page): void => {
  expect(complaints.get(page)).toEqual([]);
};

/** The violations of axe in a page or a frame of a context opened with `bypassCSP`: axe is not the page's own. */
export const violationsOf = async (page: Page | Frame): Promise<string[]> => {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  );
};

type AxeResults = {
  violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
};
