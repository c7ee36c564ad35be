/** An installation with the page, some events, and links that sign people in. */
import { join } from 'node:path';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { makeLoginLink } from '#cli/start/login-link.ts';
import { pageSource } from '#cli/start/page.ts';
import { bucketOf, partitionKey } from '#domain/archive/bucket.ts';
import type { Login } from '#embedded/access/login-links.ts';
import type { InstallationOptions } from '#embedded/installation.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

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

/** A data directory in whose stream lies a record of acme that nobody can read. */
export const dataWithUnreadableRecord = async (): Promise<string> => {
  const data = await temporaryDirectory();
  await (await startServer({ data })).stop();
  const kinesis = await EmbeddedKinesis.open(join(data, 'stream'), join(data, 'tmp'), {
    streamName: 'annals',
    shards: 2,
  });
  const record = { Data: Buffer.from('ff', 'hex'), PartitionKey: partitionKey(bucketOf('acme', 32)) };
  await kinesis.send(new PutRecordsCommand({ StreamName: 'annals', Records: [record] }));
  await kinesis.close();
  return data;
};
