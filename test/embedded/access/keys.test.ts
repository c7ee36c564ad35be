import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyRing } from '#embedded/access/key-ring.ts';
import { changeKeys, digestOf, KeyFileError, type NamedKey, parseKeyFile } from '#embedded/access/keys.ts';
import type { Log } from '#functions/runtime/log.ts';
import { eventText } from '#test/support/builders.ts';
import { callers, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const aKey = (change: Partial<NamedKey> = {}): NamedKey => ({
  id: 'k-1',
  name: 'billing',
  role: 'emitter',
  sha256: digestOf('the-token-of-billing'),
  ...change,
});

const openRing = async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'keys.json');
  const said: string[] = [];
  const clock = { ms: Date.parse('2026-11-25T12:00:00Z') };
  const log: Log = (_, message) => void said.push(message);
  const ring = await KeyRing.open(path, directory, log, () => clock.ms);
  const change = (keys: readonly NamedKey[]) => changeKeys(path, directory, () => keys);
  return { ring, path, directory, said, clock, change };
};

describe('the keys of an installation', () => {
  it('are one a role at first, in a file that only its owner reads', async () => {
    const { ring, path } = await openRing();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(ring.roles);
    expect(await ring.find(ring.roles.support)).toEqual({ role: 'support', key: undefined });
    expect(await ring.find('somebody-else-entirely')).toBeUndefined();
  });

  it('open from the look after they were added, and no longer from the look after they were revoked', async () => {
    const { ring, clock, change } = await openRing();
    await ring.find('the-token-of-billing');
    await change([aKey()]);
    clock.ms += 1000;
    expect(await ring.find('the-token-of-billing')).toEqual({
      role: 'emitter',
      key: { id: 'k-1', name: 'billing', stampsRequest: true },
    });
    await change([]);
    clock.ms += 1000;
    expect(await ring.find('the-token-of-billing')).toBeUndefined();
  });

  it('may be bound to scopes and have a limit; a file of before has neither, and is read', async () => {
    const { ring, clock, change, path } = await openRing();
    await change([aKey({ scopes: ['acme'], rate_limit: 50 })]);
    expect(await ring.find('the-token-of-billing')).toEqual({
      role: 'emitter',
      key: { id: 'k-1', name: 'billing', stampsRequest: true, scopes: ['acme'] },
      rateLimit: 50,
    });
    await change([aKey({ rate_limit: null })]);
    clock.ms += 1000;
    expect(await ring.find('the-token-of-billing')).toMatchObject({ rateLimit: null });
    const { keys } = JSON.parse(await readFile(path, 'utf8')) as { keys: object[] };
    expect(keys).toEqual([aKey({ rate_limit: null })]);
    const before = JSON.stringify({ ...ring.roles, keys: [{ ...aKey(), stamp_request: false }] });
    expect(parseKeyFile(before, path).named).toEqual([{ ...aKey(), stamp_request: false }]);
  });

  it.each<[string, object]>([
    ['scopes', { role: 'support', scopes: ['acme'] }],
    ['a limit', { role: 'page', rate_limit: 5 }],
    ['no scope at all', { scopes: [] }],
    ['a limit below one', { rate_limit: 0 }],
  ])('are not read with what would not be obeyed: %s', async (_, change) => {
    const { ring, path } = await openRing();
    const text = JSON.stringify({ ...ring.roles, keys: [{ ...aKey(), ...change }] });
    expect(() => parseKeyFile(text, path)).toThrow(KeyFileError);
  });

  it('open nothing once they have expired', async () => {
    const { ring, clock, change } = await openRing();
    await change([aKey({ expires: '2026-11-25T12:00:05Z' })]);
    expect(await ring.find('the-token-of-billing')).toBeDefined();
    clock.ms += 5000;
    expect(await ring.find('the-token-of-billing')).toBeUndefined();
  });

  it('stay the last good ones if the file is damaged, which the log and health say', async () => {
    const { ring, path, clock, change, said } = await openRing();
    await change([aKey()]);
    expect(await ring.find('the-token-of-billing')).toBeDefined();
    const good = await readFile(path, 'utf8');
    await writeFile(path, good.slice(0, 40));
    clock.ms += 1000;
    expect(await ring.find('the-token-of-billing')).toBeDefined();
    expect(ring.problems()).toMatchObject([{ code: 'keys_unreadable' }]);
    expect(said).toEqual(['The keys cannot be read; the last ones that could be count']);
    await writeFile(path, good);
    clock.ms += 1000;
    expect(await ring.find('the-token-of-billing')).toBeDefined();
    expect(ring.problems()).toEqual([]);
  });

  it.each([
    ['cut', '{"emitter": "secret-of-the-emitter', 'is not JSON'],
    ['without a role', '{"emitter": "secret-of-the-emitter"}', '/support'],
    [
      'with a member that nobody knows of',
      JSON.stringify({
        emitter: 'e'.repeat(20),
        support: 's'.repeat(20),
        operator: 'o'.repeat(20),
        keys: [{ ...aKey(), regions: ['eu'] }],
      }),
      '/keys/0',
    ],
    [
      'with an id twice',
      JSON.stringify({
        emitter: 'e'.repeat(20),
        support: 's'.repeat(20),
        operator: 'o'.repeat(20),
        keys: [aKey(), aKey({ sha256: digestOf('x') })],
      }),
      'each id once',
    ],
  ])(
    'that are %s are refused by the name of the file and of the place, and nothing of them is quoted',
    (_, text, place) => {
      const read = () => parseKeyFile(text, '/data/keys.json');
      expect(read).toThrow(KeyFileError);
      expect(read).toThrow(place);
      expect(read).toThrow(/^(?!.*secret)(?!.*eeeee).*\/data\/keys\.json/);
    },
  );

  it('are all there after changes side by side', async () => {
    const { path, directory } = await openRing();
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        changeKeys(path, directory, keys => [...keys, aKey({ id: `k-${n}`, sha256: digestOf(String(n)) })]),
      ),
    );
    expect(parseKeyFile(await readFile(path, 'utf8'), path).named).toHaveLength(12);
  });
});

describe('a key of a person', () => {
  const token = 'the-token-of-this-very-key';
  const withKey = async (change: Partial<NamedKey>) => {
    const data = await temporaryDirectory();
    await (await startServer({ data })).stop();
    await changeKeys(join(data, 'keys.json'), data, () => [aKey({ sha256: digestOf(token), ...change })]);
    return startServer({ data });
  };

  it('has the log say who of support exported', async () => {
    const server = await withKey({ name: 'Ada of support', role: 'support' });
    const ada = callers(server.url, { ...server.keys, support: token });
    await server.post(eventText());
    const { own, whole } = await ada.exportLog();
    const request = own.find(({ action }) => action === 'audit_log.export.request')!;
    expect(JSON.parse(request.actor)).toEqual({
      id: 'annals-support/k-1',
      type: 'support',
      name: 'Ada of support',
    });
    const manifest = await (await ada.call('support', `/v1/exports/${whole.id}/manifest`)).json();
    expect(manifest).toMatchObject({
      run_by: { role: 'support', principal: 'annals-support/k-1', name: 'Ada of support' },
    });
  });

  it('has the log say who ran a schedule by hand', async () => {
    const server = await withKey({ name: 'Ada of support', role: 'support' });
    const ada = callers(server.url, { ...server.keys, support: token });
    await server.admin('acme', 'u-1');
    const path = '/v1/scopes/acme/schedules/weekly';
    const definition = {
      every: 'weekly',
      on: 'monday',
      at: '06:00',
      time_zone: 'UTC',
      requested_by: 'u-1',
      reason: 'r',
    };
    await ada.call('support', path, { method: 'PUT', body: JSON.stringify(definition) });
    const run = (await (await ada.call('support', `${path}/runs`, { method: 'POST' })).json()) as {
      export_id: string;
    };
    await ada.finished(run.export_id);
    const { own } = await ada.exportLog();
    const asked = own.find(({ target }) => JSON.parse(target).id === run.export_id)!;
    expect(JSON.parse(asked.actor)).toMatchObject({ type: 'support', name: 'Ada of support' });
  });

  it('is another caller than the next key of its role: their idempotency keys are apart', async () => {
    const server = await withKey({ name: 'Ada', role: 'support' });
    const question = { scope_id: 'acme', requested_by: 'u-1', reason: 'r' };
    const ask = async (key: string) => {
      const asked = await callers(server.url, { ...server.keys, support: key }).ask(question, 'support', {
        'idempotency-key': 'one',
      });
      return ((await asked.json()) as { id: string }).id;
    };
    expect(await ask(token)).not.toBe(await ask(server.keys.support));
    expect(await ask(token)).toBe(await ask(token));
  });

  it('can have its events not stamped with the request that brings them', async () => {
    const server = await withKey({ stamp_request: false });
    const shipper = callers(server.url, { ...server.keys, emitter: token });
    await shipper.post(eventText());
    const { rows } = await server.exportLog();
    expect(rows.map(({ request }) => request)).toEqual(['']);
  });
});
