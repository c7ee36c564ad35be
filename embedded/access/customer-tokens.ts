/**
 * The bearer tokens of customers in an embedded installation, which has no issuer: JWTs that the operator
 * signs for a scope and a user, with a key that only the owner of the data directory can read. A token says
 * who somebody is; the admin directory decides whether they are an admin.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { jwtVerify, SignJWT } from 'jose';
import { asAbsent, writeDurably } from '#embedded/files.ts';

const issuer = 'annals';
/** The claim that holds the scope. */
export const scopeClaim = 'scope_id';

/** The key of an installation; created if it does not exist. */
export const openTokenKey = async (path: string, temporary: string): Promise<Uint8Array> => {
  const known = await readTokenKey(path).catch(asAbsent);
  if (known) return known;
  await writeDurably(temporary, path, randomBytes(32).toString('base64url'), 0o600);
  return readTokenKey(path);
};

export const readTokenKey = async (path: string): Promise<Uint8Array> => {
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  if (key.length < 32) throw new Error(`${path} holds no key of at least 32 bytes`);
  return key;
};

/** `expiresIn` as in `12h` or `30d`. */
export const signToken = (
  key: Uint8Array,
  scopeId: string,
  userId: string,
  expiresIn: string,
): Promise<string> =>
  new SignJWT({ [scopeClaim]: scopeId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuer(issuer)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(key);

/** The claims of a token that is valid, of this installation and not expired; otherwise undefined. */
export const verifyToken = async (
  key: Uint8Array,
  token: string,
): Promise<Record<string, unknown> | undefined> => {
  try {
    const { payload } = await jwtVerify(token, key, { issuer, audience: issuer, algorithms: ['HS256'] });
    return payload;
  } catch {
    // Whatever is wrong with a token, its bearer is nobody.
    return undefined;
  }
};
