/**
 * One try to hand events to the service, and what became of each: stored, refused, or still to be sent. Only
 * what the answer says about an event decides. Everything else is sent again, which doubles nothing.
 */
import { type EventWarning, type Refusal, readAnswer, type ServiceAnswer } from './answer.ts';
import type { Authorize } from './authorization.ts';
import { messageOfThrown } from './thrown.ts';

export type Delivery = {
  /** Indexes refer to the lines that were sent. */
  stored: Set<number>;
  refused: Map<number, Refusal>;
  warnings: (EventWarning & { index: number })[];
  warningsLeftOut: number;
  /** The indexes of events to send again, in order. */
  left: number[];
  /** Why events are left. */
  problem?: Problem;
};

/** Why events are left to be sent. */
export type Problem = {
  message: string;
  retryAfterMs?: number;
  /**
   * Set if the cause may be the events and not the environment: the reason to refuse an event that gets this
   * answer whenever it is sent alone, while others are stored.
   */
  blame?: Refusal;
};

export type Post = (body: string, signal: AbortSignal) => Promise<Response>;

/** Posts newline-delimited events. `url` is that of the installation, or of a stack's `EventsUrl`. */
export const postTo = (url: string | URL, authorize: Authorize, fetch: typeof globalThis.fetch): Post => {
  const target = new URL('v1/events', String(url).endsWith('/') ? url : `${url}/`);
  return async (text, signal) => {
    const body = Buffer.from(text);
    const headers = { 'content-type': 'application/x-ndjson' };
    const given = await authorize({ url: target, headers, body });
    signal.throwIfAborted();
    const all = { ...headers, ...given };
    return fetch(target, { method: 'POST', body, headers: all, signal, redirect: 'manual' });
  };
};

/** Rejects with the reason of the signal if that comes first: a provider of credentials may never return. */
const unlessAborted = async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    void work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
};

/** Never rejects. */
export const deliver = async (
  post: Post,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<Delivery> => {
  const exchange = async (): Promise<{ response: Response; answer: ServiceAnswer }> => {
    const response = await post(lines.join('\n'), signal);
    return { response, answer: await readAnswer(response, lines.length) };
  };
  let response: Response;
  let answer: ServiceAnswer;
  try {
    ({ response, answer } = await unlessAborted(exchange, signal));
  } catch (error) {
    return nothingSettled(lines, { message: reasonOf(error), blame: notAccepted(reasonOf(error)) });
  }
  if (response.status === 413 && lines.length > 1) return inHalves(post, lines, signal);
  const { stored, refused, warnings, warningsLeftOut } = answer;
  const left = [...lines.keys()].filter(index => !stored.has(index) && !refused.has(index));
  const outcome = {
    stored: new Set(stored),
    refused: new Map(refused),
    warnings: [...warnings],
    warningsLeftOut,
  };
  return left.length === 0
    ? { ...outcome, left }
    : { ...outcome, left, problem: problemOf(response, answer) };
};

const nothingSettled = (lines: readonly string[], problem: Problem): Delivery => ({
  stored: new Set(),
  refused: new Map(),
  warnings: [],
  warningsLeftOut: 0,
  left: [...lines.keys()],
  problem,
});

/**
 * An event never causes these, whatever it holds: they depend on who sends, how often, and whether the
 * service works.
 */
const ofTheWorld = new Set([401, 407, 408, 425, 429, 503]);

const problemOf = (response: Response, { code, detail, fault }: ServiceAnswer): Problem => {
  const { status } = response;
  const said = `${status}${code ? ` (${code})` : ''}`;
  const message =
    fault === undefined
      ? `The service answered ${said}`
      : `The service answered ${said}, but not what became of each event: ${fault}`;
  const retryAfter = Number(response.headers.get('retry-after'));
  const retry = retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {};
  if (status < 300 || ofTheWorld.has(status)) return { message, ...retry };
  const blame =
    status === 413
      ? {
          code: code ?? 'body_too_large',
          path: '',
          message: detail ?? 'The service takes only smaller requests',
        }
      : notAccepted(message);
  return { message, ...retry, blame };
};

const notAccepted = (what: string): Refusal => ({
  code: 'not_accepted',
  path: '',
  message: `The service rejects this event, though it takes others: ${what}`,
});

/** A batch that is too large for one request. */
const inHalves = async (post: Post, lines: readonly string[], signal: AbortSignal): Promise<Delivery> => {
  const half = Math.ceil(lines.length / 2);
  const first = await deliver(post, lines.slice(0, half), signal);
  const second = await deliver(post, lines.slice(half), signal);
  const shifted = (index: number): number => index + half;
  const problem = first.problem ?? second.problem;
  return {
    stored: new Set([...first.stored, ...[...second.stored].map(shifted)]),
    refused: new Map([
      ...first.refused,
      ...[...second.refused].map(([at, refusal]) => [shifted(at), refusal] as const),
    ]),
    warnings: [
      ...first.warnings,
      ...second.warnings.map(warning => ({ ...warning, index: shifted(warning.index) })),
    ],
    warningsLeftOut: first.warningsLeftOut + second.warningsLeftOut,
    left: [...first.left, ...second.left.map(shifted)],
    ...(problem ? { problem } : {}),
  };
};

const reasonOf = (error: unknown): string => {
  try {
    const { code } = Object((error as Error).cause) as { code?: unknown };
    if (typeof code === 'string') return code;
  } catch {
    // It has no cause to look at.
  }
  return messageOfThrown(error);
};
