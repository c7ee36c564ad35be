import { expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
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
  expect((await run('delete', 'archive')).code).toBe(0);
  expect(await run('show', 'archive')).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
});
