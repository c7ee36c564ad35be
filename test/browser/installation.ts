/** An installation with the page, some events, and links that sign people in. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { makeLoginLink } from '#cli/start/login-link.ts';
import { pageSource } from '#cli/start/page.ts';
import type { Login } from '#embedded/access/login-links.ts';
import type { InstallationOptions } from '#embedded/installation.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';

export type Server = Awaited<ReturnType<typeof startPage>>;

export const startPage = async (options: Partial<InstallationOptions> = {}) => {
  const server = await startServer({ page: pageSource(), ...options });
  const publicUrl = options.front?.publicUrl;
  // It listens before the page is read. Behind a proxy, only that reaches the page.
  if (publicUrl === undefined)
    await eventually(async () => expect((await fetch(server.url)).status).toBe(200));
  const linkFor = async (login: Login): Promise<string> =>
    (await makeLoginLink(server.data, publicUrl ?? server.url, login)).link;
  /** Sends events and waits until the log of their scope shows them all; returns their ids. */
  const record = async (events: readonly object[], scopeId = 'acme'): Promise<string[]> => {
    const answer = await server.post(
      events.map(event => JSON.stringify(event)).join('\n'),
      'application/x-ndjson',
    );
    if (answer.status !== 202 || answer.events.length !== events.length)
      throw new Error(`The events were answered with ${JSON.stringify(answer)}`);
    const ids = answer.events.map(({ id }) => id);
    await eventually(async () => {
      const found = await server.call('operator', '/v1/events/search', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ scope_id: scopeId, id: ids, limit: ids.length }),
      });
      expect(((await found.json()) as { events: object[] }).events).toHaveLength(ids.length);
    });
    return ids;
  };
  return { ...server, linkFor, record };
};

export const admin = (scopeId: string, userId: string): Login => ({ role: 'admin', scopeId, userId });

/** Opens a link and presses its button. */
export const signIn = async (page: Page, link: string): Promise<void> => {
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
};

/** Signs the operator in to a scope. */
export const signInAsOperator = async (page: Page, server: Server, scopeId: string): Promise<void> => {
  await page.goto(await server.linkFor({ role: 'operator', userId: 'root' }));
  await page.getByLabel('Scope').fill(scopeId);
  await page.getByLabel('Reason').fill('a look');
  await page.getByRole('button', { name: 'Open the log' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
};
