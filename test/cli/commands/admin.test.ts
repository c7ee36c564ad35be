import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { startServer } from '#test/support/server.ts';

describe('annals admin', () => {
  it('says whether a revocation revoked anything, and which schedules pause because of it', async () => {
    const { data } = await startServer();
    const run = (...args: string[]) => annals([...args, '--scope', 'acme', '--data', data]);
    expect((await run('admin', 'grant', '--user', 'u-17')).out).toMatch(/granted at \d{4}-.*:\d\d UTC\n$/);
    for (const [id, ...flags] of [['weekly'], ['sleeping', '--paused']] as const)
      await run(
        'schedule',
        'set',
        id,
        '--every',
        'daily',
        '--at',
        '06:00',
        '--requested-by',
        'u-17',
        '--reason',
        'r',
        ...flags,
      );
    expect(await run('admin', 'revoke', '--user', 'u-17')).toMatchObject({
      code: 0,
      out: 'u-17 is no longer an admin of acme\n1 schedule of u-17 will pause instead of running: weekly\n',
    });
    expect(await run('admin', 'revoke', '--user', 'u-18')).toMatchObject({
      code: 0,
      out: 'u-18 was not an admin of acme; nothing was revoked\n',
    });
    const again = await run('admin', 'revoke', '--user', 'u-17', '--json');
    expect(JSON.parse(again.out)).toEqual({
      scope_id: 'acme',
      user_id: 'u-17',
      revoked: false,
      pausing_schedules: ['weekly'],
    });
  });

  it("make a customer's token that the server knows, and refuse what it cannot", async () => {
    const { data, url } = await startServer();
    await annals(['admin', 'grant', '--scope', 'acme', '--user', 'u-17', '--data', data]);
    const { code, out } = await annals([
      'admin',
      'token',
      '--scope',
      'acme',
      '--user',
      'u-17',
      '--data',
      data,
    ]);
    expect(code).toBe(0);
    const response = await fetch(`${url}/v1/exports`, { headers: { authorization: `Bearer ${out.trim()}` } });
    expect(response.status).toBe(200);
    const bad = (...args: string[]) => annals(['admin', 'token', '--scope', 'acme', '--user', 'u', ...args]);
    expect(await bad('--data', data, '--expires', 'soon')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected a duration such as 30m'),
    });
    expect(await bad('--data', '/nonexistent')).toMatchObject({
      code: 2,
      err: expect.stringContaining('start the server once'),
    });
  });
});
