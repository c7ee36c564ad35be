/** The bearer tokens of an embedded installation: one a role, made at the first start, readable by its owner alone. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeDurably } from './files.ts';

export const roles = ['emitter', 'support', 'operator'] as const;
export type Role = (typeof roles)[number];
export type Keys = Record<Role, string>;

/** The keys of the installation; makes them where there are none. */
export const openKeys = async (path: string, temporary: string): Promise<Keys> => {
  try {
    return parseKeys(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const keys = Object.fromEntries(roles.map(role => [role, randomBytes(32).toString('base64url')])) as Keys;
  await writeDurably(temporary, path, `${JSON.stringify(keys, null, 2)}\n`, 0o600);
  return keys;
};

export const parseKeys = (text: string, path: string): Keys => {
  const keys = JSON.parse(text) as Partial<Keys>;
  for (const role of roles)
    if (typeof keys[role] !== 'string' || keys[role].length < 16)
      throw new Error(`${path} has no key of at least 16 characters for "${role}"`);
  return keys as Keys;
};

/** The role of a token. Takes the same time whether and where the token differs. */
export const roleOf = (keys: Keys, token: string): Role | undefined => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const sent = digest(token);
  return roles.filter(role => timingSafeEqual(digest(keys[role]), sent))[0];
};
