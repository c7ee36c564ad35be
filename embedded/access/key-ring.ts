/**
 * Finds the key of a token. Tokens are looked up by their SHA-256, so that a comparison reveals nothing of a
 * key. A change of the file takes effect within a second: an added key then works, a revoked one no longer
 * does. If the file becomes unreadable, the last good version stays in force, and the log and /healthz say
 * so.
 */
import { stat } from 'node:fs/promises';
import type { VerifiedKey } from '#domain/access/caller.ts';
import { type HealthProblem, healthProblem } from '#domain/health.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import {
  digestOf,
  type KeyFile,
  type KeyRole,
  type NamedKey,
  openKeyFile,
  readKeyFile,
  roles,
} from './keys.ts';
import type { OwnLimit } from './rate-limits.ts';

/** What a token opens; `key` for a named one. */
export type Opened = { role: KeyRole; key: VerifiedKey | undefined; rateLimit?: OwnLimit };

const lookAgainMs = 500;

export class KeyRing {
  readonly #path: string;
  readonly #log: Log;
  readonly #nowMs: () => number;
  #file: KeyFile;
  #byDigest: ReadonlyMap<string, Entry>;
  /**
   * The file as it was read last: another time, size or node means another file. Empty until the first look, which so
   * notices a change since the file was opened.
   */
  #version = '';
  #lookedAtMs: number;
  #looking: Promise<void> | undefined;
  #isUnreadable = false;

  private constructor(path: string, file: KeyFile, log: Log, nowMs: () => number) {
    this.#path = path;
    this.#file = file;
    this.#byDigest = byDigest(file);
    this.#log = log;
    this.#nowMs = nowMs;
    this.#lookedAtMs = nowMs();
  }

  /** Throws if the file exists and cannot be read. */
  static async open(path: string, temporary: string, log: Log, nowMs = Date.now): Promise<KeyRing> {
    const file = await openKeyFile(path, temporary);
    return new KeyRing(path, file, log, nowMs);
  }

  /** The keys of the roles, as in the file. */
  get roles(): KeyFile['roles'] {
    return this.#file.roles;
  }

  async find(token: string): Promise<Opened | undefined> {
    if (this.#nowMs() - this.#lookedAtMs >= lookAgainMs || this.#version === '') await this.#lookOnce();
    const found = this.#byDigest.get(digestOf(token));
    if (!found || found.expiresMs <= this.#nowMs()) return undefined;
    const { expiresMs: _, ...opened } = found;
    return opened;
  }

  problems(): HealthProblem[] {
    return this.#isUnreadable ? [healthProblem('keys_unreadable', '; the operational log says why')] : [];
  }

  #lookOnce(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#lookedAtMs = this.#nowMs();
    try {
      const { ino, size, mtimeNs } = await stat(this.#path, { bigint: true });
      const version = `${ino} ${size} ${mtimeNs}`;
      if (version === this.#version) return;
      this.#file = await readKeyFile(this.#path);
      this.#byDigest = byDigest(this.#file);
      this.#version = version;
      this.#isUnreadable = false;
    } catch (error) {
      if (!this.#isUnreadable)
        this.#log('error', 'The keys cannot be read; the last ones that could be count', errorFacts(error));
      this.#isUnreadable = true;
    }
  }
}

type Entry = Opened & { expiresMs: number };

const byDigest = ({ roles: tokens, named }: KeyFile): ReadonlyMap<string, Entry> => {
  const ofRoles = roles.map((role): [string, Entry] => [
    digestOf(tokens[role]),
    { role, key: undefined, expiresMs: Number.POSITIVE_INFINITY },
  ]);
  const ofNamed = named.map((key): [string, Entry] => [
    key.sha256,
    {
      role: key.role,
      key: verifiedKey(key),
      rateLimit: key.rate_limit,
      expiresMs: key.expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expires),
    },
  ]);
  return new Map([...ofNamed, ...ofRoles]);
};

const verifiedKey = ({ id, name, stamp_request, scopes }: NamedKey): VerifiedKey => ({
  id,
  name,
  stampsRequest: stamp_request ?? true,
  ...(scopes ? { scopes } : {}),
});
