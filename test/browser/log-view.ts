/** What somebody does in the view of the log, and what they see there. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventObject } from '#test/support/builders.ts';
import { type Server, startPage } from './installation.ts';

const minuteMs = 60_000;

/** An event in the tenth second of a minute that has passed. */
export const eventAgo = (minutes: number, change: Record<string, unknown> = {}): Record<string, unknown> => {
  const minute = Math.floor(Date.now() / minuteMs) - minutes;
  const occurred_at = new Date(minute * minuteMs + 10_000).toISOString();
  return eventObject({ id: undefined, occurred_at, ...change });
};

/** A failed login, what else happened in its request, and others around it. */
export const someLog = (): object[] => [
  ...[3, 8, 15, 22, 31, 40, 52].map(minutes =>
    eventAgo(minutes, { actor: { id: `u-${minutes}`, type: 'user', name: `User ${minutes}` } }),
  ),
  eventAgo(12, { action: 'user.login', payload: {}, request: { id: 'req-1' } }),
  eventAgo(30, { action: 'user.login', success: false, payload: { why: 'password' }, ...intruder }),
  eventAgo(30, { action: 'user.login', success: false, payload: { why: 'code' }, ...intruder }),
  eventAgo(29, { action: 'token.create', ...intruder }),
  eventAgo(20, { action: 'context.delete', ...intruder }),
  eventAgo(20, { action: 'context.update', ...intruder }),
  eventAgo(20, { action: 'context.update', success: false, ...intruder }),
];

const intruder = {
  actor: { id: 'u-99', type: 'user', name: 'Mallory' },
  request: { id: 'req-99', ip_address: '203.0.113.9', client_trace_id: 'trace-99' },
};

/** An installation with that log, of which u-17 is an admin. */
export const startWithLog = async (options: Parameters<typeof startPage>[0] = {}): Promise<Server> => {
  const server = await startPage(options);
  await server.admin('acme', 'u-17');
  await server.record(someLog());
  return server;
};

export const rowsOf = (page: Page): Locator => page.getByRole('table', { name: 'Log' }).locator('[data-row]');

/** The keys of the rows on the screen: id and time. */
export const keysOf = (page: Page): Promise<string[]> =>
  rowsOf(page).evaluateAll(rows => rows.map(row => row.getAttribute('data-row')!).sort());

/** Waits until the log shows so many rows. */
export const expectRows = (page: Page, count: number): Promise<void> =>
  expect.poll(() => rowsOf(page).count()).toBe(count);

export const search = async (page: Page, query: string): Promise<void> => {
  const box = page.getByRole('combobox', { name: 'Query' });
  await box.fill(query);
  await box.press('Enter');
};

export const panelOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Event' });
