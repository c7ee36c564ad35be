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

  it.each([
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
