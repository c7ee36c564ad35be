import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it, vi } from 'vitest';
import { bearer, environmentCredentials, sigV4 } from '#client/index.ts';
import { anEvent, openClient, startService } from '#test/support/audit-log-service.ts';

/** What Smithy's signer needs of a hash. */
class Sha256 {
  readonly #hash;
  constructor(key?: string | Uint8Array) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

const now = new Date('2026-11-25T12:34:56.789Z');

describe('Signature Version 4', () => {
  it.each([
    ['https://abc.lambda-url.eu-west-1.on.aws/v1/events', 'session'],
    ['https://abc.lambda-url.eu-west-1.on.aws/v1/events', undefined],
    ['http://127.0.0.1:8080/a%20b/v1/events', undefined],
  ])("is that of the SDK's own signer, for %s", async (address, sessionToken) => {
    const url = new URL(address);
    const credentials = {
      accessKeyId: 'AKIA',
      secretAccessKey: 'secret',
      ...(sessionToken ? { sessionToken } : {}),
    };
    const body = Buffer.from('{"a":"é"}\n{}');
    const headers = { 'content-type': 'application/x-ndjson' };
    const signer = new SignatureV4({
      credentials,
      region: 'eu-west-1',
      service: 'lambda',
      sha256: Sha256 as never,
    });
    const signed = await signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        headers: { ...headers, host: url.host },
        body,
      },
      { signingDate: now },
    );
    const given = await sigV4({ region: 'eu-west-1', credentials: async () => credentials, now: () => now })({
      url,
      headers,
      body,
    });
    const { host: _, ...theirs } = signed.headers;
    expect({ ...headers, ...given }).toEqual(theirs);
  });

  it('is made again for each try, with the current credentials', async () => {
    const { url, requests } = await startService((_, request) =>
      request === 1 ? { status: 403 } : undefined,
    );
    let asked = 0;
    const credentials = async () => ({ accessKeyId: `AKIA${++asked}`, secretAccessKey: 's' });
    const { log } = openClient(url, { authorize: sigV4({ region: 'eu-west-1', credentials }) });
    log.record(anEvent());
    await log.flush();
    expect(requests.map(({ headers }) => /Credential=(\w+)\//.exec(headers.authorization!)?.[1])).toEqual([
      'AKIA1',
      'AKIA2',
    ]);
  });

  it('keeps the events if there are no credentials for a while', async () => {
    const { url, kept } = await startService();
    let isLost = true;
    const credentials = async () => {
      if (isLost) throw new Error('no credentials now');
      return { accessKeyId: 'AKIA', secretAccessKey: 's' };
    };
    const { log, unavailable } = openClient(url, { authorize: sigV4({ region: 'eu-west-1', credentials }) });
    log.record(anEvent());
    await expect(log.flush({ timeoutMs: 30 })).rejects.toThrow();
    expect(unavailable[0]!.message).toBe('no credentials now');
    isLost = false;
    await log.flush();
    expect(kept.size).toBe(1);
  });

  it('does not wait for credentials forever', async () => {
    const { url, kept } = await startService();
    let isStuck = true;
    const credentials = () =>
      isStuck
        ? new Promise<never>(() => undefined)
        : Promise.resolve({ accessKeyId: 'AKIA', secretAccessKey: 's' });
    const authorize = sigV4({ region: 'eu-west-1', credentials });
    const { log, unavailable } = openClient(url, { authorize, requestTimeoutMs: 20 });
    log.record(anEvent());
    await expect(log.flush({ timeoutMs: 60 })).rejects.toThrow();
    await vi.waitFor(() => expect(unavailable[0]?.message).toContain('did not answer within 20 ms'));
    isStuck = false;
    await log.flush();
    expect(kept.size).toBe(1);
  });

  it('takes the credentials of the environment, and says if there are none', async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    try {
      Object.assign(process.env, {
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_SESSION_TOKEN: '',
      });
      expect(await environmentCredentials()).toEqual({
        accessKeyId: 'a',
        secretAccessKey: 'b',
        sessionToken: undefined,
      });
      delete process.env.AWS_ACCESS_KEY_ID;
      await expect(environmentCredentials()).rejects.toThrow('AWS_ACCESS_KEY_ID');
    } finally {
      for (const [name, value] of Object.entries({
        AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY,
        AWS_SESSION_TOKEN,
      }))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });
});

describe('a bearer token', () => {
  it('may be asked for each time', async () => {
    let n = 0;
    const authorize = bearer(() => `t${++n}`);
    const request = { url: new URL('http://x'), headers: {}, body: Buffer.alloc(0) };
    expect(await authorize(request)).toEqual({ authorization: 'Bearer t1' });
    expect(await authorize(request)).toEqual({ authorization: 'Bearer t2' });
  });
});
