import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { dataDirectory } from '#cli/connection.ts';
import { setting } from '#cli/environment.ts';
import { annals } from '#test/support/annals.ts';
import { startServer } from '#test/support/server.ts';

describe('a setting of the environment', () => {
  it('is unset if its variable is empty', () => {
    vi.stubEnv('ANNALS_DATA', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(setting('ANNALS_DATA')).toBeUndefined();
    expect(dataDirectory(undefined)).toBe('./.annals');
    vi.stubEnv('ANNALS_DATA', '/x');
    expect(dataDirectory(undefined)).toBe('/x');
  });

  it('leaves what an empty variable names to the data directory', async () => {
    const { data } = await startServer();
    const empty = { ANNALS_URL: '', ANNALS_TOKEN: '', ANNALS_STACK: '', ANNALS_DATA: '' };
    expect(await annals(['exports', '--json', '--data', data], '', empty)).toMatchObject({
      code: 0,
      out: '[]\n',
    });
  });
});
