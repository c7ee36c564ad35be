import { describe, expect, it } from 'vitest';
import { expectQuiet, openTab, useBrowser } from './chromium.ts';
import { admin, signIn, signInAsOperator } from './installation.ts';
import { expectRows, search, startWithLog } from './log-view.ts';

useBrowser();

describe('the operator', () => {
  it('grants and revokes the right to see a log, which the log says', async () => {
    const server = await startWithLog();
    const page = await openTab();
    await signInAsOperator(page, server, 'acme');
    await page.getByRole('link', { name: 'Admins' }).click();
    await page.getByRole('button', { name: 'Grant' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('User id').fill('u-18');
    await dialog.getByRole('button', { name: 'Grant', exact: true }).click();
    await page.getByRole('button', { name: 'Revoke u-18' }).waitFor();
    const other = await openTab();
    await signIn(other, await server.linkFor(admin('acme', 'u-18')));
    await search(other, 'actor:u-99');
    await expectRows(other, 6);
    await page.getByRole('button', { name: 'Revoke u-18' }).click();
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByRole('button', { name: 'Revoke u-18' }).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Revoke u-17' }).waitFor();
    // A late answer may have told it already, and then there is nothing to refresh.
    await other.reload();
    await other.getByRole('heading', { name: 'You may not see this log' }).waitFor();
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await search(page, 'action:audit_log.admin.* target:u-18');
    await expectRows(page, 2);
    expectQuiet(page);
  });
});

describe('an admin', () => {
  it('creates a schedule, pauses and resumes it, runs it, and opens what it exported', async () => {
    const server = await startWithLog({ tickMs: 200 });
    const page = await openTab();
    await signIn(page, await server.linkFor(admin('acme', 'u-17')));
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByRole('button', { name: 'New schedule' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('weekly');
    await dialog.getByText('Every week').click();
    await dialog.getByText('Friday').click();
    await dialog.getByRole('textbox', { name: 'At', exact: true }).fill('06:30');
    await dialog.getByRole('textbox', { name: 'Time zone' }).fill('Europe/Berlin');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Every Friday at 06:30, Europe/Berlin').waitFor();
    for (const [name, verb] of [
      ['Pause weekly', 'Pause'],
      ['Resume weekly', 'Resume'],
    ] as const) {
      await page.getByRole('button', { name }).click();
      await dialog.getByRole('button', { name: verb, exact: true }).click();
      await dialog.waitFor({ state: 'hidden' });
      expect(await page.getByText('Paused', { exact: true }).count()).toBe(verb === 'Pause' ? 1 : 0);
    }
    await page.getByRole('button', { name: 'Runs of weekly' }).click();
    await page.getByText('It has not run yet').waitFor();
    await page.getByRole('button', { name: 'Run now: weekly' }).click();
    await dialog.getByRole('button', { name: 'Run now', exact: true }).click();
    const runs = page.getByRole('grid', { name: 'Runs of weekly' });
    await runs.getByText('Ready').waitFor();
    await runs.getByText('the beginning').waitFor();
    await page.getByRole('button', { name: 'Open the export of run 1' }).click();
    await page.getByRole('button', { name: 'Manifest' }).waitFor();
    // A name is taken once.
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByRole('button', { name: 'New schedule' }).click();
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('weekly');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('There is a schedule of this name already').waitFor();
    expectQuiet(page);
  });
});
