import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '#aws/lambda-credentials.ts';

afterEach(() => void vi.unstubAllEnvs());

describe('the credentials of a function', () => {
  it('are those that Lambda sets, read at each use', async () => {
    const provide = defaultProvider();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    expect(await provide()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(await provide()).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' });
  });

  it.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('are missed by name without %s', async name => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv(name, '');
    await expect(defaultProvider()()).rejects.toThrow('The environment contains no credentials');
  });
});
