/**
 * `keys.json`: the bearer tokens of an embedded installation, readable by its owner alone. One token per role
 * is made at the first start and is in the file in clear. Of a named key, which belongs to a person or a
 * service, the file has only the SHA-256, and its id is never used again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { nameMember } from '#domain/request-shape.ts';
import { asAbsent, codeOf, writeDurably } from '#embedded/files.ts';
import { maxRateLimit } from './rate-limits.ts';

export const roles = ['emitter', 'support', 'operator'] as const;
export type Role = (typeof roles)[number];
export type Keys = Record<Role, string>;
/**
 * What a named key may be for; one of the role `page` mints tokens for the Audit Log page in a frame, one of
 * the role `metrics` reads /metrics and nothing else.
 */
export const keyRoles = [...roles, 'page', 'metrics'] as const;
export type KeyRole = (typeof keyRoles)[number];

const token = z.string().min(16, 'Expected a key of at least 16 characters');
const named = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,64}$/, 'Expected lowercase letters, digits and dashes'),
    name: nameMember,
    role: z.enum(keyRoles),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'Expected 64 hex digits'),
    /** False: events sent with this key are not stamped with the request that brings them. */
    stamp_request: z.boolean().optional(),
    /** From this time on the key opens nothing. */
    expires: z.iso.datetime({ error: 'Expected a time as 2027-01-31T00:00:00Z' }).optional(),
    /** The ids of the only scopes whose events the key may send. */
    scopes: z.array(nameMember).min(1, 'Expected a scope, or no such member').optional(),
    /** How many events a second the key may send; null: as many as it likes, whatever the installation says. */
    rate_limit: z.number().int().min(1).max(maxRateLimit).nullable().optional(),
  })
  .refine(
    ({ role, scopes, rate_limit }) =>
      role === 'emitter' || (scopes === undefined && rate_limit === undefined),
    {
      path: ['role'],
      message:
        'Expected emitter, since the key has scopes or a rate_limit: they are about events that are sent',
    },
  );
export type NamedKey = z.output<typeof named>;
const shape = z.looseObject({
  emitter: token,
  support: token,
  operator: token,
  keys: z
    .array(named)
    .refine(keys => new Set(keys.map(({ id }) => id)).size === keys.length, 'Expected each id once')
    .optional(),
});
export type KeyFile = { roles: Keys; named: readonly NamedKey[] };

/** The key file does not hold keys. The message names the file and the member, and quotes nothing. */
export class KeyFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeyFileError';
  }
}

export const parseKeyFile = (text: string, path: string): KeyFile => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text that it failed on, and that is a secret.
    throw new KeyFileError(`${path} is not JSON`);
  }
  const parsed = shape.safeParse(content);
  if (!parsed.success) {
    const { path: member, message } = parsed.error.issues[0]!;
    throw new KeyFileError(`${path}: /${member.join('/')}: ${message}`);
  }
  const { emitter, support, operator, keys = [] } = parsed.data;
  return { roles: { emitter, support, operator }, named: keys };
};

export const readKeyFile = async (path: string): Promise<KeyFile> =>
  parseKeyFile(await readFile(path, 'utf8'), path);

/** The keys of the installation; creates one per role if there are none. */
export const openKeyFile = async (path: string, temporary: string): Promise<KeyFile> => {
  const known = await readKeyFile(path).catch(asAbsent);
  if (known) return known;
  const made = Object.fromEntries(roles.map(role => [role, newToken()])) as Keys;
  await write(path, temporary, { roles: made, named: [] });
  return { roles: made, named: [] };
};

export const newToken = (): string => randomBytes(32).toString('base64url');
export const newKeyId = (): string => `k-${randomBytes(8).toString('hex')}`;
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const lockTries = 100;
const lockPauseMs = 50;

/** Changes the named keys, one change at a time. Throws if the lock is taken for five seconds. */
export const changeKeys = async (
  path: string,
  temporary: string,
  change: (keys: readonly NamedKey[]) => readonly NamedKey[],
): Promise<void> => {
  const lock = `${path}.lock`;
  for (let attempt = 0; ; attempt++) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (attempt === lockTries)
        throw new KeyFileError(`Another command changes the keys; if none does, delete ${lock}`);
      await sleep(lockPauseMs);
    }
  }
  try {
    const before = await readKeyFile(path);
    await write(path, temporary, { ...before, named: change(before.named) });
  } finally {
    await rm(lock, { force: true });
  }
};

const write = (path: string, temporary: string, file: KeyFile): Promise<void> => {
  const { roles: members, named: keys } = file;
  const text = JSON.stringify({ ...members, ...(keys.length > 0 ? { keys } : {}) }, null, 2);
  return writeDurably(temporary, path, `${text}\n`, 0o600);
};
