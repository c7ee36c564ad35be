/**
 * Login links: who may sign in to the Audit Log page, by 256 random bits that only their holder knows. Each
 * is a file in the data directory, written by the command that makes it and deleted by the server that uses
 * it. The file's name is the SHA-256 of the bits, so that neither the directory nor a comparison reveals
 * them.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { nameMember } from '#domain/request-shape.ts';
import { asAbsent, isAbsent, makeDirectory, syncDirectory, writeDurably } from '#embedded/files.ts';
import { digestOf } from './keys.ts';

export const loginLinksName = 'login-links';
export const loginLinkMs = 10 * 60_000;

const shape = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('admin'),
    user_id: nameMember,
    scope_id: nameMember,
    expires: z.number(),
  }),
  z.strictObject({ role: z.enum(['support', 'operator']), user_id: nameMember, expires: z.number() }),
]);

/** Whom a link signs in. */
export type Login =
  | { role: 'admin'; userId: string; scopeId: string }
  | { role: 'support' | 'operator'; userId: string };
export type LoginLink = Login & { expiresMs: number };

type Folder = {
  /** The data directory. */
  root: string;
  temporary: string;
};

/** Makes a link and removes old ones; returns its secret part. */
export const addLoginLink = async (
  { root, temporary }: Folder,
  login: Login,
  nowMs: number,
): Promise<{ secret: string; expiresMs: number }> => {
  const folder = join(root, loginLinksName);
  await makeDirectory(temporary);
  await makeDirectory(folder);
  await removeOld(folder, nowMs);
  const secret = randomBytes(32).toString('base64url');
  const expires = nowMs + loginLinkMs;
  const { role, userId: user_id } = login;
  const scope = login.role === 'admin' ? { scope_id: login.scopeId } : {};
  const text = JSON.stringify({ role, user_id, ...scope, expires });
  await writeDurably(temporary, join(folder, digestOf(secret)), `${text}\n`);
  return { secret, expiresMs: expires };
};

/** By the times of the files, so that a damaged one goes too. */
const removeOld = async (folder: string, nowMs: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const file = await stat(path).catch(asAbsent);
    if (file && Math.abs(nowMs - file.mtimeMs) > loginLinkMs) await rm(path, { force: true });
  }
};

export class LoginLinks {
  readonly #folder: string;
  readonly #nowMs: () => number;
  constructor(root: string, nowMs: () => number) {
    this.#folder = join(root, loginLinksName);
    this.#nowMs = nowMs;
  }

  /** The link of a secret, if it is valid; that does not use it. */
  async find(secret: string): Promise<LoginLink | undefined> {
    const text = await readFile(this.#pathOf(secret), 'utf8').catch(asAbsent);
    if (text === undefined) return undefined;
    const { expires, user_id: userId, ...link } = shape.parse(JSON.parse(text));
    const leftMs = expires - this.#nowMs();
    // More time than a link ever has: the clock was set back.
    if (leftMs <= 0 || leftMs > loginLinkMs) return undefined;
    return link.role === 'admin'
      ? { role: link.role, userId, scopeId: link.scope_id, expiresMs: expires }
      : { role: link.role, userId, expiresMs: expires };
  }

  /** Uses a link up: true for exactly one caller. */
  async take(secret: string): Promise<boolean> {
    try {
      await unlink(this.#pathOf(secret));
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
    await syncDirectory(this.#folder);
    return true;
  }

  #pathOf(secret: string): string {
    return join(this.#folder, digestOf(secret));
  }
}
