/**
 * The only place of the page that fetches. Every request has the page's own header, without which a cookie
 * counts for nothing, and a relative URL; what is asked stands in the body, never in the URL. A server that
 * is away is asked again with growing pauses. If it says that the caller may see nothing, the page is told
 * first, and drops what it shows.
 */
import type { Api, ShapeName } from '#domain/http/shapes/shapes.ts';

/** What the server said no with, or `{ status: 0, code: 'away' }` if it could not be reached. */
export type Problem = { status: number; code: string; detail: string };

export class ApiProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

export type ApiOptions = {
  /** Where the page is served, with a slash at its end. */
  base: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** A bearer token; undefined if there is a session. */
  token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /**
   * Given if the page is in a frame: the origin of the page that holds it. Then no request has a cookie, whether or not
   * there is a token.
   */
  embedder?: (() => string | undefined) | undefined;
  /** Ends early, and rejects, if the signal is aborted. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  random(): number;
  /** The caller may see nothing, or no longer; called before the request fails. */
  onRefused(problem: Problem): void;
  /** Whether the server is away; called when that changes. */
  onAway(isAway: boolean): void;
};

export type Ask = {
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>>;
};

const firstPauseMs = 500;
const maxPauseMs = 30_000;
const attempts = 7;
/** The server is away, as a network that fails is. */
const absences = new Set([502, 503, 504]);
/** Whether the server, or the way to it, is away. */
export const isAbsence = ({ status }: Pick<Problem, 'status'>): boolean =>
  status === 0 || absences.has(status);
const tooMany = 429;
const lookAtLink = 'v1/session/link';
const questions = new Set(['v1/events/search', 'v1/events/histogram', 'v1/events/values', lookAtLink]);
/** Of a login link: it says nothing of whoever is signed in. */
const wrongLink = 'invalid_login';
const refusals = new Set(['unauthorized', 'forbidden', 'not_an_admin', 'invalid_token']);

export class PageApi {
  readonly #options: ApiOptions;
  #isAway = false;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /**
   * Asks, and parses the answer; `path` begins with `v1/`. Throws `ApiProblem`, or what the signal was
   * aborted with.
   */
  async ask<Name extends ShapeName>(method: string, path: string, ask: Ask = {}): Promise<Api<Name>> {
    return JSON.parse(await this.text(method, path, ask)) as Api<Name>;
  }

  /** The answer as text; empty if it has no body. Repeats what may be repeated while the server is away. */
  async text(method: string, path: string, ask: Ask = {}): Promise<string> {
    const isRepeatable =
      method === 'GET' || questions.has(path) || ask.headers?.['idempotency-key'] !== undefined;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#once(method, path, ask);
      if (typeof answer === 'string') return answer;
      const { problem, isPassing, retryAfterMs } = answer;
      if (!isPassing || !isRepeatable || attempt + 1 >= attempts) throw this.#refuse(problem);
      this.#setAway(problem.status !== tooMany);
      const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** attempt) * (0.5 + this.#options.random() / 2);
      await this.#options.sleep(Math.min(maxPauseMs, Math.max(pauseMs, retryAfterMs)), ask.signal);
    }
  }

  async #once(
    method: string,
    path: string,
    { body, signal, headers }: Ask,
  ): Promise<string | { problem: Problem; isPassing: boolean; retryAfterMs: number }> {
    const { base, token, embedder } = this.#options;
    const bearer = await token?.();
    const holder = embedder?.();
    const init: RequestInit = {
      method,
      headers: {
        accept: 'application/json',
        'x-annals-page': '1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(holder === undefined ? {} : { 'x-annals-embedder': holder }),
        ...headers,
      },
      credentials: bearer === undefined && !embedder ? 'same-origin' : 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    };
    let response: Response;
    let text: string;
    try {
      response = await this.#options.fetch(`${base}${path}`, init);
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      const detail = error instanceof Error ? error.message : String(error);
      return { problem: { status: 0, code: 'away', detail }, isPassing: true, retryAfterMs: 0 };
    }
    if (response.ok) {
      this.#setAway(false);
      return text;
    }
    const { status } = response;
    const isAbsent = isAbsence({ status });
    if (!isAbsent) this.#setAway(false);
    const retryAfterMs = 1000 * Number(response.headers.get('retry-after') ?? 0) || 0;
    // Too many looks at links were too many wrong ones: each further look would be counted as one more.
    const isPassing = isAbsent || (status === tooMany && path !== lookAtLink);
    return { problem: problemOf(status, text), isPassing, retryAfterMs };
  }

  #refuse(problem: Problem): ApiProblem {
    const isRefusal = problem.status === 401 || (problem.status === 403 && refusals.has(problem.code));
    if (isRefusal && problem.code !== wrongLink) this.#options.onRefused(problem);
    return new ApiProblem(problem);
  }

  #setAway(isAway: boolean): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#options.onAway(isAway);
  }
}

/** A proxy may answer with something that is not a problem of ours. */
const problemOf = (status: number, text: string): Problem => {
  try {
    const { code, detail, title } = JSON.parse(text) as { code?: unknown; detail?: unknown; title?: unknown };
    if (typeof code === 'string') return { status, code, detail: String(detail ?? title ?? code) };
  } catch {
    // Not JSON: what stands below.
  }
  return { status, code: 'unexpected_answer', detail: `The server answered with status ${status}` };
};

/** Waits; rejects with the signal's reason once that is aborted. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
