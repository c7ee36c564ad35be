import { expect, it, vi } from 'vitest';
import { annals, annalsProcess } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

it('sets up, tests, pauses and deletes a delivery into a directory', async () => {
  const { data } = await startServer();
  const run = (...args: string[]) => annals(['delivery', ...args, '--scope', 'acme', '--data', data]);
  expect((await run('list')).out).toContain('has no deliveries');
  const made = await run('set', 'archive', '--directory', 'acme', '--action', 'user.*', '--json');
  expect(JSON.parse(made.out)).toMatchObject({ state: 'pending', filter: { action: ['"user."*'] } });
  expect(await run('test', 'archive')).toMatchObject({
    code: 0,
    out: expect.stringContaining('The test passed'),
  });
  expect((await run('show', 'archive')).out).toContain('directory acme');
  expect((await run('pause', 'archive', '--reason', 'r')).out).toContain('paused');
  expect(JSON.parse((await run('resume', 'archive', '--json')).out)).toMatchObject({ paused: false });
  expect(await run('replay', 'archive', '--runs', '9000')).toMatchObject({
    code: 1,
    err: expect.stringContaining('invalid_request'),
  });
  expect((await run('replay', 'archive', '--runs', 'x')).code).toBe(2);
  expect(await run('set', 'hook', '--https', 'http://a.example/', '--requested-by', 'u-1')).toMatchObject({
    code: 1,
  });
  const changed = JSON.parse((await run('set', 'archive', '--format', 'ocsf', '--json')).out);
  expect(changed).toMatchObject({
    format: 'ocsf',
    filter: { action: ['"user."*'] },
    destination: { path: 'acme' },
  });
  expect(await run('set', 'none')).toMatchObject({
    code: 1,
    err: expect.stringContaining(
      '--https, --bucket or --directory: Expected the destination of a new delivery',
    ),
  });
  expect((await run('set', 'none', '--bucket', 'acme-logs')).code).toBe(2);
  expect((await run('set', 'none', '--bucket', 'acme-logs', '--https', 'https://a.example/')).code).toBe(2);
  expect((await run('delete', 'archive')).code).toBe(0);
  expect(await run('show', 'archive')).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
});

it('rotates a secret from standard input, and ends the rotation', async () => {
  const { data } = await startServer();
  const grant = ['admin', 'grant', '--scope', 'acme', '--user', 'u-1', '--data', data];
  expect((await annals(grant)).code).toBe(0);
  const run = (args: string[], input = '') =>
    annalsProcess(['delivery', ...args, '--scope', 'acme', '--data', data, '--json'], input);
  const secretsAfter = async (...given: Parameters<typeof run>) => {
    const { out, err } = await run(...given);
    expect(out + err).not.toContain('canary');
    return JSON.parse(out).destination;
  };
  const made = ['set', 'siem', '--https', 'https://siem.example.com/in?key=canary', '--requested-by', 'u-1'];
  const shown = { type: 'https', url: 'https://siem.example.com/in' };
  expect(await secretsAfter([...made, '--secret-stdin'], 'canary-0123456789\n')).toMatchObject({
    ...shown,
    live_secrets: 1,
  });
  expect(await secretsAfter(['set', 'siem', '--secret-stdin'], 'canary-9876543210')).toMatchObject({
    ...shown,
    live_secrets: 2,
  });
  expect(await secretsAfter(['set', 'siem', '--end-rotation'])).toMatchObject({ live_secrets: 1 });
  expect(await secretsAfter(['set', 'siem', '--remove-secret'])).toMatchObject({ live_secrets: 0 });
});

it('begins with old events only if somebody says so, and shows how many there are', async () => {
  const { data, post, call } = await startServer();
  await post(eventText({ scope: { id: 'acme', type: 'account' } }));
  await vi.waitFor(
    async () => {
      const found = (await (await call('operator', '/v1/events?scope_id=acme&reason=test')).json()) as object;
      expect(JSON.stringify(found)).toContain('context.create');
    },
    { timeout: 60_000, interval: 20 },
  );
  const run = (...args: string[]) =>
    annals(['delivery', 'set', 'old', '--directory', 'a', '--from', '2020-01-01', ...args, '--data', data]);
  const scope = ['--scope', 'acme'];
  const preview = await run(...scope, '--dry-run', '--json');
  expect(JSON.parse(preview.out)).toMatchObject({
    dry_run: true,
    from: '2020-01-01T00:00:00.000000000Z',
    needs_confirmation: true,
  });
  const { rows } = JSON.parse(preview.out) as { rows: number };
  expect(rows).toBeGreaterThan(0);
  expect((await run(...scope, '--dry-run')).out).toContain('Nothing was made');
  expect(await run(...scope)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/would begin with \d+ events? \(.*\) that were filed since 2020-01-01.*--yes/),
  });
  expect((await run(...scope, '--yes')).out).toContain('pending');
});
