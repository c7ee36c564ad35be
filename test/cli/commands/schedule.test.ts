import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

describe('annals schedule', () => {
  it('set a schedule, run it, pause it and delete it', async () => {
    const { data, post, finished } = await startServer();
    const run = (...args: string[]) => annals(['schedule', ...args, '--scope', 'acme', '--data', data]);
    const weekly = [
      'weekly',
      '--every',
      'weekly',
      '--on',
      'monday',
      '--at',
      '06:00',
      '--time-zone',
      'Europe/Berlin',
      '--requested-by',
      'u-17',
      '--reason',
      'r',
    ];
    expect(await run('set', ...weekly)).toMatchObject({
      code: 1,
      err: expect.stringContaining('not_an_admin'),
    });
    await annals(['admin', 'grant', '--scope', 'acme', '--user', 'u-17', '--data', data]);
    expect(await run('set', ...weekly)).toMatchObject({
      code: 0,
      out: expect.stringContaining('weekly on monday at 06:00'),
    });
    await post(eventText());
    const asked = JSON.parse((await run('run', 'weekly', '--json')).out) as { export_id: string };
    await finished(asked.export_id);
    expect(JSON.parse((await run('runs', 'weekly', '--json')).out)).toMatchObject([
      { n: 1, status: 'succeeded', filed_from: null },
    ]);
    expect((await run('pause', 'weekly')).out).toContain('paused');
    expect(JSON.parse((await run('resume', 'weekly', '--json')).out)).toMatchObject({
      paused: false,
      on: 'monday',
      runs: 1,
    });
    expect((await run('list')).out).toContain('Europe/Berlin');
    expect((await run('delete', 'weekly')).code).toBe(0);
    expect(await run('show', 'weekly')).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
    expect((await run('list')).out).toContain('has no schedules');
    expect(await run('set', 'x', '--every', 'hourly', '--at', '06:00')).toMatchObject({ code: 2 });
  });
});
