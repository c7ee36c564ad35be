import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';

const statusFor = async (url: string, token: string) =>
  (
    await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: eventText(),
    })
  ).status;

describe('annals key', () => {
  it('adds a key that a running server takes, lists it without its secret, and revokes it', async () => {
    const { url, data } = await startServer();
    const added = await annals([
      'key',
      'add',
      '--name',
      'billing',
      '--role',
      'emitter',
      '--data',
      data,
      '--json',
    ]);
    expect(added).toMatchObject({ code: 0, err: '' });
    const { id, token } = JSON.parse(added.out) as { id: string; token: string };
    await eventually(async () => expect(await statusFor(url, token)).toBe(202));
    const listed = await annals(['key', 'list', '--data', data]);
    expect(listed.out).toContain('billing');
    expect(listed.out).not.toContain(token);
    const revoked = await annals(['key', 'revoke', id, '--data', data]);
    expect(revoked).toMatchObject({ code: 0 });
    await eventually(async () => expect(await statusFor(url, token)).toBe(401));
    expect(await annals(['key', 'revoke', id, '--data', data])).toMatchObject({ code: 1 });
  });

  it('binds a key to scopes: events of others, or of none, are refused, and the rest is accepted', async () => {
    const { url, data } = await startServer();
    const added = await annals([
      ...['key', 'add', '--name', 'importer', '--role', 'emitter', '--data', data],
      ...['--scope', 'acme', 'globex', '--json'],
    ]);
    const key = JSON.parse(added.out) as { token: string; scopes: string[] };
    expect(key.scopes).toEqual(['acme', 'globex']);
    const send = async (...scopes: (string | undefined)[]) => {
      const events = scopes.map(id => eventText({ scope: id && { id, type: 'account' } }));
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key.token}`, 'content-type': 'application/json' },
        body: `[${events.join()}]`,
      });
      const { rejected } = (await response.json()) as { rejected?: { code: string; path: string }[] };
      return { status: response.status, rejected: rejected?.map(({ code, path }) => `${code} ${path}`) };
    };
    await eventually(async () => expect((await send('acme', 'globex')).status).toBe(202));
    expect(await send('acme', 'initech', undefined)).toEqual({
      status: 207,
      rejected: ['scope_not_allowed /scope/id', 'scope_not_allowed /scope'],
    });
    expect((await annals(['key', 'list', '--data', data])).out).toContain('acme, globex');
  });

  it('limits a key, which is told when to retry, and no other key of the server', async () => {
    const { url, data, keys } = await startServer({ rateLimit: 1000 });
    const add = async (limit: string) => {
      const { out } = await annals([
        ...['key', 'add', '--name', 'x', '--role', 'emitter', '--data', data, '--json'],
        ...['--rate-limit', limit],
      ]);
      return (JSON.parse(out) as { token: string }).token;
    };
    const limited = await add('1');
    const send = (token: string, count: number) =>
      fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: `[${Array.from({ length: count }, () => eventText({ id: undefined })).join()}]`,
      });
    await eventually(async () => expect((await send(limited, 500)).status).toBe(202));
    const refused = await send(limited, 1);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(400);
    expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
    expect((await send(keys.emitter, 1)).status).toBe(202);
    const free = await add('none');
    await eventually(async () => expect((await send(free, 1)).status).toBe(202));
  });

  it.each([
    [['key', 'add', '--name', 'a', '--role', 'support', '--scope', 'acme'], '--scope'],
    [['key', 'add', '--name', 'a', '--role', 'operator', '--rate-limit', '5'], '--rate-limit'],
    [['key', 'add', '--name', 'a', '--role', 'emitter', '--rate-limit', '0'], '--rate-limit'],
    [['key', 'add', '--name', 'a', '--role', 'emitter', '--scope', 'a\tb'], '--scope'],
    [['key', 'add', '--name', 'a\tb', '--role', 'emitter'], '--name'],
    [['key', 'add', '--name', 'a', '--role', 'emitter', '--expires', 'soon'], '--expires'],
    [['key', 'add', '--name', 'a', '--role', 'root'], '--role'],
    [['key', 'list', '--data', '/nowhere/at/all'], 'no key file'],
    [['--stack', 'Annals', 'key', 'list'], 'IAM'],
  ])('%j is refused as misuse, by its name', async (args, place) => {
    const { code, err } = await annals(args);
    expect({ code, named: err.includes(place) }, err).toEqual({ code: 2, named: true });
  });
});
