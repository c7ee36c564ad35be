import { afterEach, describe, expect, it, vi } from 'vitest';
import { start } from '#cli/commands/start.ts';

const startInstallation = vi.hoisted(() => vi.fn());
vi.mock('#embedded/installation.ts', () => ({ startInstallation }));
afterEach(() => void startInstallation.mockReset());

const endOf = async (error: Error) => {
  startInstallation.mockRejectedValueOnce(error);
  return start({}).catch((failure: unknown) => failure);
};
const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('annals start', () => {
  it('refuses settings that cannot be before anything is opened', async () => {
    for (const options of [{ port: 'x' }, { memory: '1' }, { refusedDays: '0' }, { host: '' }])
      await expect(start(options)).rejects.toMatchObject({ exitCode: 2 });
    expect(startInstallation).not.toHaveBeenCalled();
  });

  it.each([
    ['EADDRINUSE', 'The port is in use; choose another with --port or ANNALS_PORT, 0 for any'],
    ['EACCES', 'The server cannot listen on this address (EACCES); see --host and --port'],
    ['ENOTFOUND', 'The server cannot listen on this address (ENOTFOUND); see --host and --port'],
  ])('says how to fix %s', async (code, message) => {
    expect(await endOf(systemError(code))).toMatchObject({ exitCode: 1, message });
  });

  it('passes on every other error as it is', async () => {
    const error = systemError('EIO');
    expect(await endOf(error)).toBe(error);
  });
});
