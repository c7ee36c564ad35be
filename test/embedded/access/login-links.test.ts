import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addLoginLink, LoginLinks, loginLinkMs } from '#embedded/access/login-links.ts';
import { anAdmin } from '#test/support/page.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const now = Date.now();
const made = async (login = anAdmin) => {
  const root = await temporaryDirectory();
  const folder = { root, temporary: join(root, 'tmp') };
  const clock = { ms: now };
  const { secret, expiresMs } = await addLoginLink(folder, login, now);
  return { root, folder, clock, secret, expiresMs, links: new LoginLinks(root, () => clock.ms) };
};

describe('a login link', () => {
  it('says whom it signs in, without being used', async () => {
    const { links, secret, expiresMs } = await made();
    expect(await links.find(secret)).toEqual({ ...anAdmin, expiresMs });
    expect(await links.find(secret)).toEqual({ ...anAdmin, expiresMs });
    expect(expiresMs).toBe(now + loginLinkMs);
  });

  it('of staff has no scope', async () => {
    const staff = { role: 'support', userId: 'ada' } as const;
    const { links, secret, expiresMs } = await made(staff as never);
    expect(await links.find(secret)).toEqual({ ...staff, expiresMs });
  });

  it('is used once, even by two at the same time', async () => {
    const { links, root, secret } = await made();
    const again = new LoginLinks(root, () => now);
    const taken = await Promise.all([links.take(secret), again.take(secret), links.take(secret)]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await links.find(secret)).toBeUndefined();
  });

  it('is valid for ten minutes, and not if the clock was set back', async () => {
    const { links, clock, secret } = await made();
    clock.ms = now + loginLinkMs - 1;
    expect(await links.find(secret)).toBeDefined();
    clock.ms = now + loginLinkMs;
    expect(await links.find(secret)).toBeUndefined();
    clock.ms = now - 1;
    expect(await links.find(secret)).toBeUndefined();
  });

  it('is a file that its owner alone can read, and that does not hold the secret', async () => {
    const { root, secret } = await made();
    const [name] = readdirSync(join(root, 'login-links'));
    const path = join(root, 'login-links', name!);
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'login-links')).mode & 0o777).toBe(0o700);
  });

  it('that nobody knows is not found, whatever is asked for', async () => {
    const { links } = await made();
    for (const secret of ['', '../keys.json', 'x'.repeat(43), '\u0000'])
      expect(await links.find(secret)).toBeUndefined();
    expect(await links.take('../keys.json')).toBe(false);
    expect(await new LoginLinks(await temporaryDirectory(), () => now).find('x')).toBeUndefined();
  });

  it('is removed when another is made, once it is old; damaged ones too', async () => {
    const { root, folder, secret } = await made();
    const old = new Date(now - loginLinkMs - 1000);
    writeFileSync(join(root, 'login-links', 'damaged'), '{');
    utimesSync(join(root, 'login-links', 'damaged'), old, old);
    await addLoginLink(folder, anAdmin, now);
    expect(readdirSync(join(root, 'login-links'))).toHaveLength(2);
    await addLoginLink(folder, anAdmin, Date.now() + 2 * loginLinkMs);
    expect(readdirSync(join(root, 'login-links'))).toHaveLength(1);
    expect(await new LoginLinks(root, () => now).find(secret)).toBeUndefined();
  });
});
