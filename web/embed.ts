/**
 * The page in a frame, at `/embed`. It uses no cookie and leaves for no issuer: the page that holds the frame
 * hands it tokens. The frame says `annals:ready` to the configured origins, one by one, until a token comes,
 * and again before that token ends. A token counts only from the window that holds the frame, at a configured
 * origin that is also the token's; then no other origin counts.
 */
import { ApiProblem, type Problem } from './api.ts';
import { type EmbedToken, readEmbedToken } from './embed-token.ts';
import type { Session } from './session.ts';

export type Message = { source: unknown; origin: string; data: unknown };

/** What of the browser is used. */
export type Frame = {
  /** The window that holds the frame. */
  holder: { postMessage(message: { type: string }, targetOrigin: string): void };
  /** Returns what ends the listening. */
  listen(onMessage: (message: Message) => void): () => void;
  /** Runs something once; returns what cancels it. */
  later(run: () => void, ms: number): () => void;
};

export type Embedded =
  | { is: 'waiting' }
  | { is: 'in'; session: Session }
  /** What was shown may be shown no longer. */
  | { is: 'out'; problem: Problem }
  | { is: 'failed'; problem: Problem };

export type EmbeddingOptions = {
  origins: readonly string[];
  frame: Frame;
  onChange(state: Embedded): void;
};

const ready = 'annals:ready';
const tokenType = 'annals:token';
const firstPauseMs = 1000;
const maxPauseMs = 60_000;
/** A token is asked for this long before the one in use ends. */
const renewSeconds = 60;

const ended: Problem = { status: 401, code: 'unauthorized', detail: 'The token has ended' };
const notOne: Problem = {
  status: 400,
  code: 'invalid_token',
  detail: 'The page that holds this frame handed over something that is not a token for it',
};

export class Embedding {
  readonly #options: EmbeddingOptions;
  #origins: readonly string[];
  #current: EmbedToken | undefined;
  /** A token that the server refused, which is not taken again. */
  #refused: string | undefined;
  #pauseMs = firstPauseMs;
  readonly #stops = new Map<'listening' | 'asking' | 'end', () => void>();

  constructor(options: EmbeddingOptions) {
    this.#options = options;
    this.#origins = options.origins;
  }

  start(): void {
    this.#set(
      'listening',
      this.#options.frame.listen(message => this.#take(message)),
    );
    this.#ask();
  }

  stop(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    this.#current = undefined;
  }

  /** Throws `ApiProblem` if there is none: nothing is asked without a token. */
  token(): string {
    if (!this.#current) throw new ApiProblem(ended);
    return this.#current.token;
  }

  /** The origin of the page that holds the frame, as the browser told it. */
  get holderOrigin(): string | undefined {
    return this.#current?.origin;
  }

  /** The server refused the token; requests that were sent together are refused together. */
  refuse(problem: Problem): void {
    if (!this.#current) return;
    this.#refused = this.#current.token;
    this.#drop(problem);
    // Not at once: a page that hands over one refused token after another is asked less and less often.
    this.#askLater(this.#nextPauseMs());
  }

  /** Drops the token, and asks for another: for a page that the browser had put aside. */
  restart(): void {
    this.#drop(ended);
    this.#ask();
  }

  #ask(): void {
    const { holder } = this.#options.frame;
    for (const origin of this.#origins) holder.postMessage({ type: ready }, origin);
    this.#askLater(this.#nextPauseMs());
  }

  /** The page that holds the frame may not listen yet, or its server may be away. */
  #askLater(ms: number): void {
    this.#later('asking', ms, () => this.#ask());
  }

  #nextPauseMs(): number {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(maxPauseMs, pauseMs * 2);
    return pauseMs;
  }

  #take({ source, origin, data }: Message): void {
    const { frame, onChange } = this.#options;
    if (source !== frame.holder || !this.#origins.includes(origin)) return;
    if (typeof data !== 'object' || data === null) return;
    const { type, token } = data as { type?: unknown; token?: unknown };
    if (type !== tokenType) return;
    const read = readEmbedToken(token);
    if (read?.origin !== origin) {
      if (!this.#current) onChange({ is: 'failed', problem: notOne });
      return;
    }
    if (read.token === this.#refused || read.token === this.#current?.token) return;
    this.#use(read);
  }

  #use(token: EmbedToken): void {
    this.#current = token;
    this.#origins = [token.origin];
    const { scopeId, userId, seconds, expiresAt } = token;
    // By the time that has passed here, not by this machine's clock, which may be wrong.
    const renewAfter = Math.max(seconds - renewSeconds, seconds / 2);
    this.#later('asking', renewAfter * 1000, () => {
      this.#pauseMs = firstPauseMs;
      this.#ask();
    });
    this.#later('end', seconds * 1000, () => this.#drop(ended));
    const session: Session = {
      role: 'admin',
      scope_id: scopeId,
      user_id: userId,
      reason: null,
      expires_at: expiresAt,
      idle_expires_at: expiresAt,
    };
    this.#options.onChange({ is: 'in', session });
  }

  /** Asking goes on. */
  #drop(problem: Problem): void {
    this.#current = undefined;
    this.#set('end', () => undefined);
    this.#options.onChange({ is: 'out', problem });
  }

  #later(name: 'asking' | 'end', ms: number, run: () => void): void {
    this.#set(name, this.#options.frame.later(run, ms));
  }

  #set(name: 'listening' | 'asking' | 'end', stop: () => void): void {
    this.#stops.get(name)?.();
    this.#stops.set(name, stop);
  }
}
