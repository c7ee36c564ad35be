/**
 * One try to hand events to the service, and what has become of each: stored, refused, or still to be sent. Only what the
 * answer says of an event settles it; whatever the answer does not speak of is sent again, which doubles nothing.
 */
import type { Authorize } from './authorization.ts';

/** Why the service, or the client, did not take an event. `path` is a JSON pointer within it. */
export type Refusal = { code: string; path: string; message: string };

export type Delivery = {
  /** By index in the lines that were sent. */
  refused: Map<number, Refusal>;
  /** The indexes of what is to be sent again, in order. */
  left: number[];
  /** Why something is left. */
  problem?: string;
  retryAfterMs?: number;
};

export type Post = (body: string, signal: AbortSignal) => Promise<Response>;

/** Posts newline-delimited events; `url` is that of the installation, or of a stack's `EventsUrl`. */
export const postTo = (url: string | URL, authorize: Authorize, fetch: typeof globalThis.fetch): Post => {
  const target = new URL('v1/events', String(url).endsWith('/') ? url : `${url}/`);
  return async (text, signal) => {
    const body = Buffer.from(text);
    const headers = { 'content-type': 'application/x-ndjson' };
    const given = await unlessAborted(authorize({ url: target, headers, body }), signal);
    return fetch(target, {
      method: 'POST',
      body,
      headers: { ...headers, ...given },
      signal,
      redirect: 'manual',
    });
  };
};

/** Rejects with the reason of the signal where that comes first: whoever gives credentials may take for ever. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
};

type Answer = {
  events?: { index: number }[];
  rejected?: (Refusal & { index: number })[];
  code?: string;
  detail?: string;
};

export const deliver = async (
  post: Post,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<Delivery> => {
  const all = lines.map((_, index) => index);
  let response: Response;
  let answer: Answer;
  try {
    response = await post(lines.join('\n'), signal);
    answer = await readAnswer(response);
  } catch (error) {
    return { refused: new Map(), left: all, problem: reasonOf(error) };
  }
  if (response.status === 413) return tooLarge(post, lines, signal, answer);
  const refused = new Map<number, Refusal>();
  const settled = new Set<number>();
  // A status that does not speak of events (a gateway's 403, say) settles none, whatever its body looks like.
  if ([202, 207, 422, 503].includes(response.status)) {
    for (const { index } of answer.events ?? []) settled.add(index);
    for (const { index, code, path, message } of answer.rejected ?? []) {
      settled.add(index);
      refused.set(index, { code, path, message });
    }
  }
  const left = all.filter(index => !settled.has(index));
  if (left.length === 0) return { refused, left };
  const retryAfter = Number(response.headers.get('retry-after'));
  return {
    refused,
    left,
    problem: `The service answered ${response.status}${answer.code ? ` (${answer.code})` : ''}`,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  };
};

const readAnswer = async (response: Response): Promise<Answer> => {
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const text = await response.text();
  return isJson ? (JSON.parse(text) as Answer) : {};
};

/** Halves what is too large for one request; a single event that is, is refused. */
const tooLarge = async (
  post: Post,
  lines: readonly string[],
  signal: AbortSignal,
  { code = 'body_too_large', detail = 'The service takes no request of this size' }: Answer,
): Promise<Delivery> => {
  if (lines.length === 1) return { refused: new Map([[0, { code, path: '', message: detail }]]), left: [] };
  const half = Math.ceil(lines.length / 2);
  const first = await deliver(post, lines.slice(0, half), signal);
  const second = await deliver(post, lines.slice(half), signal);
  const moved = [...second.refused].map(([index, refusal]) => [index + half, refusal] as const);
  return {
    ...second,
    ...first,
    refused: new Map([...first.refused, ...moved]),
    left: [...first.left, ...second.left.map(index => index + half)],
  };
};

const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
};
