/**
 * The sessions of the Audit Log page, in memory: a restart signs everybody out. An id is 256 random bits
 * and is kept as its SHA-256, so that neither a comparison nor a copy of the memory's keys reveals one. A
 * session says who somebody is; the admin directory decides at each request whether they are an admin.
 */
import { randomBytes } from 'node:crypto';
import { digestOf } from './keys.ts';

/** Who is signed in, and which log is open. */
export type Visitor =
  | { role: 'admin'; userId: string; scopeId: string }
  | { role: 'support' | 'operator'; userId: string; scopeId: string; reason: string };

export type Session = { visitor: Visitor; endsMs: number; idleEndsMs: number };

export const maxIdleMs = 30 * 60_000;
export const maxSessionMs = 12 * 3_600_000;
const maxSessions = 10_000;

export class Sessions {
  readonly #nowMs: () => number;
  readonly #limit: number;
  /** By the digest of the id; the one that has been idle longest is first. */
  readonly #sessions = new Map<string, Session>();

  constructor(nowMs: () => number, limit = maxSessions) {
    this.#nowMs = nowMs;
    this.#limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Begins a session under a new id. One session too many ends the one that has been idle longest. */
  begin(visitor: Visitor): { id: string; session: Session } {
    const id = randomBytes(32).toString('base64url');
    const session = { visitor, endsMs: this.#nowMs() + maxSessionMs, idleEndsMs: 0 };
    this.#use(digestOf(id), session);
    this.#trim();
    return { id, session };
  }

  /** The session of an id, which does not count as use. */
  look(id: string): Session | undefined {
    const digest = digestOf(id);
    const session = this.#sessions.get(digest);
    if (!session) return undefined;
    const now = this.#nowMs();
    if (now < session.endsMs && now < session.idleEndsMs) return session;
    this.#sessions.delete(digest);
    return undefined;
  }

  /** The session of an id; it is idle from now on. */
  use(id: string): Session | undefined {
    const session = this.look(id);
    if (session) this.#use(digestOf(id), session);
    return session;
  }

  end(id: string): void {
    this.#sessions.delete(digestOf(id));
  }

  #use(digest: string, session: Session): void {
    session.idleEndsMs = Math.min(session.endsMs, this.#nowMs() + maxIdleMs);
    this.#sessions.delete(digest);
    this.#sessions.set(digest, session);
  }

  /** Forgets what has ended, and what exceeds the limit. */
  #trim(): void {
    for (const [digest, { idleEndsMs }] of this.#sessions) {
      if (idleEndsMs > this.#nowMs() && this.#sessions.size <= this.#limit) return;
      this.#sessions.delete(digest);
    }
  }
}

/**
 * Milliseconds that never fall behind the time that has passed: not if the clock is set back, nor if the
 * machine sleeps, which the monotonic clock does not count.
 */
export const steadyClock = (wallMs: () => number, monotonicMs: () => number): (() => number) => {
  const offset = wallMs() - monotonicMs();
  return () => Math.max(wallMs(), monotonicMs() + offset);
};
