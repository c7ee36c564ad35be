import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { startServer } from '#test/support/server.ts';

describe('the values of options', () => {
  it('is misused with a value that is empty, which is not the same as none', async () => {
    expect(await annals(['exports', '--scope', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--scope is empty'),
    });
    expect(await annals(['export', 'show', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('<id> is empty'),
    });
  });

  it('are accepted before and after the names of commands', async () => {
    const { data } = await startServer();
    for (const args of [
      ['gaps', '--json', '--data', data],
      ['exports', '--data', data, '--json'],
      ['export', '--json', '--data', data, 'show', 'x'],
    ])
      expect(await annals(args)).toMatchObject(args[0] === 'export' ? { code: 1 } : { code: 0, out: '[]\n' });
  });
});
