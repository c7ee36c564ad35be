/**
 * page: what somebody waits for on the Audit Log page, in Chromium, from the click to what they see; and the API alone,
 * which is the floor: the same question, sent by `fetch`. The log is of compacted days, in an installation of its own
 * process.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { makeLoginLink } from '#cli/start/login-link.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import type { Figure, Heading } from './figure.ts';
import { makeLog, scope } from './page/log.ts';
import { pause } from './peers/peer.ts';
import { isAnswered, ServerProcess } from './peers/server-process.ts';

export type PageBenchResult = { what: string; seconds: number; apiSeconds: number; note: string };

export const pageHeading: Heading = {
  name: 'page',
  measures: 'seconds from the click to the rows on the Audit Log page, or to the histogram',
  floor: 'the same question to the API alone',
};
export const pageFigure = ({ what, seconds, apiSeconds, note }: PageBenchResult): Figure => ({
  what,
  value: seconds,
  floor: apiSeconds,
  unit: 's',
  better: 'less',
  note,
});

const buckets = 32;
const rounds = 3;
const pageRows = 50;
const user = 'u-17';

const root = join(import.meta.dirname, '..');
const readJson = async (path: string): Promise<Record<string, string>> =>
  JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;

const start = async (data: string): Promise<{ server: ServerProcess; url: string; key: string }> => {
  const server = new ServerProcess('annals start', [
    process.execPath,
    join(root, 'cli', 'annals.js'),
    ...['start', '--data', data, '--port', '0'],
  ]);
  const url = await server.until(async () => {
    const noted = await readJson(join(data, 'server.json')).catch(() => undefined);
    return noted?.url !== undefined && (await isAnswered(noted.url)) ? noted.url : undefined;
  });
  const { operator } = await readJson(join(data, 'keys.json'));
  return { server, url, key: operator! };
};

export const benchPage = async (
  say: (text: string) => void,
  events: number,
  add: (result: PageBenchResult) => void,
): Promise<void> => {
  const data = await mkdtemp(join(tmpdir(), 'annals-bench-page-'));
  try {
    say('making an installation');
    await (await start(data)).server.stop();
    const today = new Date().toISOString().slice(0, 10);
    const { rows } = await makeLog(data, { events, buckets, today }, say);
    say(`${rows} rows are made`);
    const { server, url, key } = await start(data);
    try {
      await measure({ data, url, key, say, add });
    } finally {
      await server.stop();
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
};

type Bench = {
  data: string;
  url: string;
  key: string;
  say: (text: string) => void;
  add: (result: PageBenchResult) => void;
};

const measure = async ({ data, url, key, say, add }: Bench): Promise<void> => {
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  /** As the page does it: a call ends when its budget does, and the next goes on from there. */
  const search = async (filter: object, limit = pageRows): Promise<Api<'Event'>[]> => {
    const events: Api<'Event'>[] = [];
    for (let cursor: string | null | undefined; cursor !== null && events.length < limit; ) {
      const body = {
        scope_id: scope,
        limit: limit - events.length,
        ...filter,
        ...(cursor ? { cursor } : {}),
      };
      const page = (await (await call('POST', '/v1/events/search', body)).json()) as Api<'Events'>;
      events.push(...page.events);
      ({ cursor } = page);
    }
    return events;
  };
  await call('PUT', `/v1/scopes/${scope}/admins/${user}`);
  // The record of the admin is the newest event, and of today: what is asked for is all that the scope did before it.
  const [sample] = await search({ action: ['-audit_log.*'] }, 1);
  const { branch } = sample!.payload as { branch: string };
  const { id: actor } = sample!.actor as { id: string };
  const { id: request } = sample!.request as { id: string };
  const interval = '6h';
  const looks: Look[] = [
    { what: 'the first page', query: '', filter: {} },
    { what: 'a filter: an actor', query: `actor:${actor}`, filter: { actor: [actor] } },
    {
      what: 'a filter: a path',
      query: `payload.branch:${branch}`,
      filter: { payload: [`branch:${branch}`] },
    },
    { what: 'a pivot: a request', query: '', pivot: request, filter: { request_id: [request] } },
  ];
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
  try {
    const page = watched(await browser.newPage());
    page.setDefaultTimeout(120_000);
    const { link } = await makeLoginLink(data, url, { role: 'admin', scopeId: scope, userId: user });
    await page.goto(link);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('[data-row]').first().waitFor();
    for (const look of looks) {
      const [pageTimes, apiTimes]: [number[], number[]] = [[], []];
      let found = 0;
      // The first round fills the caches of both.
      for (let round = -1; round < rounds; round++) {
        say(`${look.what}, round ${round + 1}`);
        await atRest(page);
        const began = performance.now();
        const events = await search(look.filter);
        const apiSeconds = (performance.now() - began) / 1000;
        const keys = events.map(({ id, occurred_at }) => `${id}@${occurred_at}`);
        const seconds = await lookByPage(page, url, look, keys);
        found = keys.length;
        if (round < 0) continue;
        apiTimes.push(apiSeconds);
        pageTimes.push(seconds);
      }
      const note = `${found} rows`;
      add({ what: look.what, seconds: median(pageTimes), apiSeconds: median(apiTimes), note });
    }
    const [pageTimes, apiTimes]: [number[], number[]] = [[], []];
    for (let round = -1; round < rounds; round++) {
      say(`the histogram, round ${round + 1}`);
      await atRest(page);
      const began = performance.now();
      await (await call('POST', '/v1/events/histogram', { scope_id: scope, interval })).json();
      const apiSeconds = (performance.now() - began) / 1000;
      await openView(page, url, '#/schedules?range=all');
      const seconds = await timed(page, 'nav a[href^="#/log"]', { selector: 'figure.histogram' });
      if (round < 0) continue;
      apiTimes.push(apiSeconds);
      pageTimes.push(seconds);
    }
    add({
      what: 'the histogram',
      seconds: median(pageTimes),
      apiSeconds: median(apiTimes),
      note: 'after the first page, as the page asks for it',
    });
  } finally {
    await browser.close();
  }
};

type Look = { what: string; query: string; filter: object; pivot?: string };

/** How many requests of a page are not answered yet. */
const waiting = new WeakMap<Page, Set<unknown>>();

const watched = (page: Page): Page => {
  const open = new Set<unknown>();
  waiting.set(page, open);
  const close = (request: unknown): void => void open.delete(request);
  page.on('request', request => open.add(request));
  page.on('requestfinished', close);
  page.on('requestfailed', close);
  return page;
};

/** Nothing has been asked for half a second: neither rows, nor the histogram, nor what the query box suggests. */
const atRest = async (page: Page): Promise<void> => {
  for (let quiet = 0; quiet < 10; quiet = waiting.get(page)!.size === 0 ? quiet + 1 : 0) await pause(50);
};

const openView = async (page: Page, url: string, fragment: string): Promise<void> => {
  await page.goto('about:blank');
  await page.goto(new URL(fragment, url).href);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await atRest(page);
};

/** From another tab of the page to the log; from the query to its rows; or from an event to what its request did. */
const lookByPage = async (page: Page, url: string, look: Look, keys: readonly string[]): Promise<number> => {
  if (look.pivot !== undefined) {
    await openView(page, url, `#/log?range=all&q=${encodeURIComponent('-action:audit_log.*')}`);
    await page.locator('[data-row]').first().click();
    const panel = page.getByRole('complementary', { name: 'Event' });
    await panel.getByRole('button', { name: look.pivot, exact: true }).click();
    await atRest(page);
    return timed(page, '.value-menu button', { keys });
  }
  if (look.query === '') {
    await openView(page, url, '#/schedules?range=all');
    return timed(page, 'nav a[href^="#/log"]', { keys });
  }
  await openView(page, url, '#/log?range=all');
  await page.locator('[data-row]').first().waitFor();
  await page.getByRole('combobox', { name: 'Query' }).fill(look.query);
  // What the box suggests is asked for as well.
  await atRest(page);
  return timed(page, '.query-box button.primary', { keys });
};

/** Seconds from a click until exactly these rows are on the screen, or something is. It runs in the browser. */
const timed = (
  page: Page,
  click: string,
  until: { keys?: readonly string[]; selector?: string },
): Promise<number> =>
  page.evaluate<number>(`(async ({ click, keys, selector }) => {
    const isThere = () => {
      if (selector !== undefined) return document.querySelector(selector) !== null;
      const rows = [...document.querySelectorAll('[data-row]')].map(row => row.getAttribute('data-row'));
      return rows.length === keys.length && rows.every((key, n) => key === keys[n]);
    };
    const began = performance.now();
    document.querySelector(click).click();
    while (!isThere()) {
      if (performance.now() - began > 120_000) throw new Error('The rows did not come');
      await new Promise(requestAnimationFrame);
    }
    return (performance.now() - began) / 1000;
  })(${JSON.stringify({ click, ...until })})`);

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1]!;
