import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { desktop, expectQuiet, openTab, phone, useBrowser, violationsOf } from './chromium.ts';
import { admin, type Server, signIn, signInAsOperator } from './installation.ts';
import { startWithLog } from './log-view.ts';

useBrowser();

const dialogOf = (page: Page): Locator => page.getByRole('dialog');
const button = (place: Page | Locator, name: string): Locator =>
  place.getByRole('button', { name, exact: true });
const field = (page: Page, name: string): Locator =>
  dialogOf(page).getByRole('textbox', { name, exact: true });

/** Presses a button that opens a dialog, and the button in it. */
const confirm = async (page: Page, name: string, verb: string): Promise<void> => {
  await button(page, name).click();
  await button(dialogOf(page), verb).click();
  await dialogOf(page).waitFor({ state: 'hidden' });
};

const openDeliveries = async (page: Page): Promise<void> => {
  await page.getByRole('link', { name: 'Deliveries' }).click();
  await page.getByRole('grid', { name: 'Deliveries' }).waitFor();
};

/** Nothing is sent to the address: it is not public. */
const createForReceiver = async (page: Page): Promise<void> => {
  await button(page, 'New delivery').click();
  await field(page, 'Name').fill('siem');
  await field(page, 'URL').fill('https://127.0.0.1/annals?key=canary-1');
  await dialogOf(page).getByLabel('Secret for the signature').fill('canary-2-canary-2');
  await button(dialogOf(page), 'Add a header').click();
  await field(page, 'Name of header 1').fill('X-Key');
  await dialogOf(page).getByLabel('Value of header 1').fill('canary-3');
};

const openAsSupport = async (server: Server): Promise<Page> => {
  const page = await openTab();
  await page.goto(await server.linkFor({ role: 'support', userId: 'ada' }));
  await page.getByLabel('Scope').fill('acme');
  await page.getByLabel('Reason').fill('ticket 4711');
  await button(page, 'Open the log').click();
  await openDeliveries(page);
  return page;
};

describe('a delivery', () => {
  it('is created, tested, paused, resumed and deleted by an admin; support pauses it alone', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await openDeliveries(page);
    await createForReceiver(page);
    // Only the operator delivers into a directory.
    expect(await dialogOf(page).getByText('A directory of the server').count()).toBe(0);
    await button(dialogOf(page), 'Create').click();
    await dialogOf(page).waitFor({ state: 'hidden' });
    const table = page.getByRole('grid', { name: 'Deliveries' });
    await table.getByText('Not tested yet').waitFor();
    await table.getByText('https://127.0.0.1/annals', { exact: true }).waitFor();
    await page.getByText('x-key', { exact: true }).waitFor();
    expect(page.url()).toContain('item=siem');
    expect(page.url() + (await page.locator('html').innerHTML())).not.toContain('canary');

    await button(page, 'Test siem').click();
    await page.getByText('The test failed: The host has an address that is not public').waitFor();
    await page.getByRole('status').getByText('Give a host whose addresses are all public').waitFor();
    await page
      .getByRole('grid', { name: 'Last errors of siem' })
      .getByText('Give a host whose addresses are all public')
      .waitFor();

    const support = await openAsSupport(server);
    expect(await button(support, 'New delivery').count()).toBe(0);
    await button(support, 'Show siem').click();
    await button(support, 'Pause siem').click();
    await dialogOf(support).getByLabel('Reason').fill('');
    expect(await button(dialogOf(support), 'Pause').isDisabled()).toBe(true);
    await dialogOf(support).getByLabel('Reason').fill('ticket 4712');
    await button(dialogOf(support), 'Pause').click();
    await support.getByRole('grid', { name: 'Deliveries' }).getByText('Paused').waitFor();
    await button(support, 'Test siem').waitFor();
    for (const name of ['Resume siem', 'Delete siem', 'Send runs of siem again'])
      expect(await button(support, name).count()).toBe(0);
    expectQuiet(support);

    await button(page, 'Refresh').click();
    await table.getByText('Paused').waitFor();
    await page.getByText('ticket 4712').waitFor();
    await confirm(page, 'Resume siem', 'Resume');
    await table.getByText('Not tested yet').waitFor();
    await confirm(page, 'Pause siem', 'Pause');
    await table.getByText('Paused').waitFor();
    // A name is taken once, and what was typed stays but for what is secret.
    await createForReceiver(page);
    await button(dialogOf(page), 'Create').click();
    await dialogOf(page).getByText('There is a delivery of this name already').waitFor();
    await field(page, 'Name').fill('other');
    await field(page, 'Name of header 1').fill('host');
    await button(dialogOf(page), 'Create').click();
    await dialogOf(page).getByText('The secret and the values of headers were cleared').waitFor();
    expect(await field(page, 'URL').inputValue()).toBe('https://127.0.0.1/annals');
    for (const name of ['Secret for the signature', 'Value of header 1'])
      expect(await dialogOf(page).getByLabel(name).inputValue()).toBe('');
    await button(dialogOf(page), 'Cancel').click();
    await confirm(page, 'Delete siem', 'Delete');
    await page.getByText('No deliveries').waitFor();
    expect(page.url()).not.toContain('siem');
    expectQuiet(page);
  });

  it('is changed by an admin, who rotates its secret and replaces a header', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await openDeliveries(page);
    await createForReceiver(page);
    await button(dialogOf(page), 'Create').click();
    await page.getByText('Signs each request').waitFor();
    await button(page, 'Change siem').click();
    const save = button(dialogOf(page), 'Save');
    expect(await save.isDisabled()).toBe(true);
    expect(await field(page, 'URL').inputValue()).toBe('https://127.0.0.1/annals');
    expect(await field(page, 'Name of header 1').isDisabled()).toBe(true);
    await dialogOf(page).getByText('Rotate it', { exact: true }).click();
    expect(await save.isDisabled()).toBe(true);
    await button(dialogOf(page), 'Make a secret').click();
    await dialogOf(page).getByLabel('Value of header 1').fill('canary-4');
    await field(page, 'Actions').fill('user.*');
    await save.click();
    await dialogOf(page).waitFor({ state: 'hidden' });
    await page.getByText('siem was changed').waitFor();
    await page.getByText('Two sign each request: one is rotated').waitFor();
    await page.getByText('user.*', { exact: true }).waitFor();

    await button(page, 'Change siem').click();
    await dialogOf(page).getByText('two secrets sign each request').waitFor();
    await dialogOf(page).getByText('End the rotation', { exact: true }).click();
    await button(dialogOf(page), 'Remove header 1').click();
    await button(dialogOf(page), 'Add a header').click();
    await field(page, 'Name of header 1').fill('host');
    await dialogOf(page).getByLabel('Value of header 1').fill('canary-5');
    await save.click();
    await dialogOf(page).getByText('The secret and the values of headers were cleared').waitFor();
    await button(dialogOf(page), 'Remove header 1').click();
    await save.click();
    await dialogOf(page).waitFor({ state: 'hidden' });
    await page.getByText('Signs each request').waitFor();
    expect(await page.getByText('x-key', { exact: true }).count()).toBe(0);
    expect(await page.locator('html').innerHTML()).not.toContain('canary');
    const support = await openAsSupport(server);
    await button(support, 'Show siem').click();
    await button(support, 'Test siem').waitFor();
    expect(await button(support, 'Change siem').count()).toBe(0);
    expectQuiet(page);
  });

  it('of the operator sends the log into a directory, and sends a run again', async () => {
    const server = await startWithLog({ tickMs: 200 });
    const page = await openTab();
    await signInAsOperator(page, server, 'acme');
    await openDeliveries(page);
    await button(page, 'New delivery').click();
    await field(page, 'Name').fill('archive');
    await dialogOf(page).getByText('A directory of the server').click();
    await field(page, 'Path').fill('acme');
    await field(page, 'From').fill('2026-01-01');
    const begins = dialogOf(page).getByRole('checkbox', { name: /^It begins with \d+ events? \(/ });
    await begins.waitFor();
    expect(await button(dialogOf(page), 'Create').isDisabled()).toBe(true);
    await begins.click();
    // Another beginning is another question.
    await field(page, 'From').fill('2026-01-02');
    await begins.waitFor();
    expect(await button(dialogOf(page), 'Create').isDisabled()).toBe(true);
    await begins.click();
    await button(dialogOf(page), 'Create').click();
    await button(page, 'Test archive').click();
    await page.getByText('The test passed: the destination can be used').waitFor();
    const table = page.getByRole('grid', { name: 'Deliveries' });
    const again = button(page, 'Send runs of archive again');
    await expect
      .poll(async () => {
        await button(page, 'Refresh').click();
        return again.count();
      })
      .toBe(1);
    await table.getByText('Delivering', { exact: true }).waitFor();
    await again.click();
    await dialogOf(page).getByLabel('First run').fill('1');
    await dialogOf(page).getByLabel('Last run').fill('1');
    await button(dialogOf(page), 'Send again').click();
    await page.getByText('The runs 1 to 1 will be sent again').waitFor();
    expectQuiet(page);
  });
});

describe('a bucket', () => {
  it('is refused where the installation does not deliver to S3, and what was typed stays', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await openDeliveries(page);
    await button(page, 'New delivery').click();
    await field(page, 'Name').fill('bucket');
    await dialogOf(page).getByText('A bucket in S3').click();
    await field(page, 'Bucket').fill('acme-logs');
    await field(page, 'Region').fill('eu-central-1');
    await field(page, 'ARN of the role').fill('arn:aws:iam::123456789012:role/annals');
    await button(dialogOf(page), 'Create').click();
    await dialogOf(page).getByText('This installation does not deliver to "s3"').waitFor();
    expect(await field(page, 'Bucket').inputValue()).toBe('acme-logs');
    expectQuiet(page);
  });

  it('shows what its role has to trust and to allow, ready to copy, before its test has passed', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await openDeliveries(page);
    // As an installation answers that delivers to S3.
    await page.route('**/v1/scopes/acme/deliveries/siem', async route => {
      const answer = await route.fetch();
      if (route.request().method() !== 'GET' || !answer.ok()) return route.fulfill({ response: answer });
      const json = { ...((await answer.json()) as object), ...bucketAnswer };
      return route.fulfill({ response: answer, json });
    });
    await createForReceiver(page);
    await button(dialogOf(page), 'Create').click();
    const policy = async (name: RegExp) =>
      JSON.parse(await page.getByRole('group', { name }).innerText()) as { Statement: unknown[] };
    expect((await policy(/trust policy/)).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::999999999999:root' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'external-id-1' } },
      },
    ]);
    expect((await policy(/Let the role do this/)).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:GetObject'],
        Resource: 'arn:aws:s3:::acme-logs/annals/*',
      },
    ]);
    for (const name of ['Copy the trust policy', 'Copy what to allow']) await button(page, name).waitFor();
    await page.getByText('external-id-1', { exact: true }).waitFor();
    // Nothing of a bucket can be changed, but for format, actions and owner.
    await button(page, 'Change siem').click();
    await field(page, 'Actions').waitFor();
    expect(await field(page, 'URL').count()).toBe(0);
    await button(dialogOf(page), 'Cancel').click();
    await page.getByText('s3://acme-logs/annals', { exact: true }).waitFor();
    expectQuiet(page);
  });
});

const bucketAnswer = {
  destination: {
    type: 's3',
    bucket: 'acme-logs',
    prefix: 'annals',
    region: 'eu-central-1',
    role_arn: 'arn:aws:iam::123456789012:role/annals',
  },
  external_id: 'external-id-1',
  principal: 'arn:aws:iam::999999999999:root',
};

/** axe is not the page's own, so the policy would refuse it. */
const openBare = (): Promise<Page> => openTab({ bypassCSP: true, reducedMotion: 'reduce' });

const expectAccessible = async (page: Page, what: string): Promise<void> => {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const viewport of [desktop, phone]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await page
        .locator(`body${colorScheme === 'dark' ? '.awsui-dark-mode' : ':not(.awsui-dark-mode)'}`)
        .waitFor();
      expect.soft(await violationsOf(page), `${what}, ${colorScheme}, ${viewport.width}`).toEqual([]);
    }
  await page.setViewportSize(desktop);
};

describe('axe finds nothing', () => {
  it('in deliveries, the form of a new one, and its health', async () => {
    const server = await startWithLog();
    const page = await openBare();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await openDeliveries(page);
    await page.getByText('No deliveries').waitFor();
    await expectAccessible(page, 'no deliveries');
    await createForReceiver(page);
    await button(dialogOf(page), 'Make a secret').click();
    await button(dialogOf(page), 'Copy the secret').waitFor();
    await expectAccessible(page, 'a new delivery');
    await button(dialogOf(page), 'Create').click();
    await button(page, 'Test siem').click();
    await page.getByText('The test failed: The host').waitFor();
    await expectAccessible(page, 'a delivery');
    await button(page, 'Change siem').click();
    await dialogOf(page).getByText('Rotate it', { exact: true }).click();
    await expectAccessible(page, 'a change of a delivery');
    await button(dialogOf(page), 'Cancel').click();
    await button(page, 'New delivery').click();
    await dialogOf(page).getByText('A bucket in S3').click();
    await field(page, 'Bucket').waitFor();
    await expectAccessible(page, 'a new delivery to S3');
  });
});
