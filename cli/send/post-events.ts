/**
 * Posts lines as one request and retries what was not stored, until every line is accepted or refused, or the tries are
 * used up. Every line has an id and a time, so that a retry is the same event.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, NoAnswer } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { codeOf, describeRefusal } from '#cli/refusal.ts';
import type { Warning } from '#domain/event/warning.ts';
import { maxRequestBytes, maxRequestEvents } from '#domain/receive/limits.ts';

export type RefusedLine = { index: number; code: string; path: string; message: string };
export type AcceptedLine = {
  index: number;
  id: string;
  occurred_at: string;
  catalogued?: false;
  warnings?: readonly Warning[];
};

/** The response to the last try, which says nothing about single events; `about` is what it probably concerns. */
export type Stuck = { code: string; message: string; about: 'the events' | 'the caller' | 'the service' };

/** The outcome of lines, by their indexes; that of `left` is unknown. */
export type Posted = {
  accepted: AcceptedLine[];
  rejected: RefusedLine[];
  left: number[];
  stuck?: Stuck;
  /** The number of warnings that the responses left out. */
  warningsLeftOut: number;
};

/** Half of the service's limit, to keep retries short. */
const maxBytes = maxRequestBytes / 2;
const requestTimeoutMs = 60_000;
const maxPauseMs = 5000;
const maxRetryAfterMs = 60_000;

/** Groups lines into as few requests as the limits allow. */
export async function* inRequests<T extends { bytes: Buffer }>(
  lines: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<T[]> {
  let request: T[] = [];
  let size = 0;
  for await (const line of lines) {
    if (isFull(request.length, size + line.bytes.length + 1)) {
      yield request;
      request = [];
      size = 0;
    }
    request.push(line);
    size += line.bytes.length + 1;
  }
  if (request.length > 0) yield request;
}

/** Whether a request of `lines` lines cannot take another one, which would make it `bytes` bytes. */
export const isFull = (lines: number, bytes: number): boolean =>
  lines === maxRequestEvents || (lines > 0 && bytes > maxBytes);

/** Where events are posted. */
export type Door = { connection: Connection; path: string };

/** `isPatient`: retry failures of the service longer. False while isolating poison, which fails every time. */
export const postEvents = async (door: Door, lines: readonly Buffer[], isPatient = true): Promise<Posted> => {
  const posted: Posted = {
    accepted: [],
    rejected: [],
    left: lines.map((_, index) => index),
    warningsLeftOut: 0,
  };
  for (let tries = 1; posted.left.length > 0; tries++) {
    const { left } = posted;
    const answer = await post(
      door,
      left.map(index => lines[index]!),
      isPatient,
    );
    for (const event of answer.accepted) posted.accepted.push({ ...event, index: left[event.index]! });
    for (const refusal of answer.rejected) posted.rejected.push({ ...refusal, index: left[refusal.index]! });
    posted.warningsLeftOut += answer.warningsLeftOut;
    posted.left = answer.left.map(index => left[index]!);
    if (posted.left.length === 0) break;
    // Progress resets the count.
    if (posted.left.length < left.length) tries = 1;
    if (tries >= answer.maxTries) return { ...posted, stuck: answer.stuck! };
    const pauseMs = Math.random() * Math.min(maxPauseMs, 100 * 2 ** tries);
    await sleep(Math.max(pauseMs, answer.retryAfterMs));
  }
  return posted;
};

type Try = Posted & { maxTries: number; retryAfterMs: number };

/** How often a request is posted before its response counts. */
const triesWhileAway = 7;
const triesWhileFailing = 3;

const post = async (
  { connection, path }: Door,
  lines: readonly Buffer[],
  isPatient: boolean,
): Promise<Try> => {
  const nothing = {
    accepted: [],
    rejected: [],
    left: lines.map((_, index) => index),
    warningsLeftOut: 0,
    retryAfterMs: 0,
  };
  try {
    const response = await connection.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [newline, line]))),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    const { status, headers } = response;
    return {
      ...nothing,
      ...outcomeOf(status, text, lines.length),
      stuck: stuckAt(status, text),
      maxTries: triesAt(status, isPatient),
      retryAfterMs: Math.min(maxRetryAfterMs, Number(headers.get('retry-after')) * 1000 || 0),
    };
  } catch (error) {
    const { message } = error as Error;
    // A server that hangs up may reject what it read; one that cannot be reached has read nothing.
    const isAway = error instanceof NoAnswer && !hungUp.includes(error.reason);
    return {
      ...nothing,
      stuck: { code: 'no_answer', message, about: isAway ? 'the service' : 'the events' },
      maxTries: isAway || isPatient ? triesWhileAway : triesWhileFailing,
    };
  }
};

/** Statuses that are temporary. */
const busy = [408, 429, 503];
/** A proxy reports that the service is unavailable. */
const fromBetween = [502, 504];

const triesAt = (status: number, isPatient: boolean): number => {
  if (busy.includes(status) || (fromBetween.includes(status) && isPatient)) return triesWhileAway;
  return status >= 500 || status < 300 ? triesWhileFailing : 1;
};

/** The code of the service, of a proxy, and of this command. */
export const bodyTooLarge = 'body_too_large';

const stuckAt = (status: number, text: string): Stuck => {
  const code = codeOf(text) ?? (status === 413 ? bodyTooLarge : `http_${status}`);
  const isOfCaller = status === 401 || (status === 403 && code === 'forbidden');
  const about = isOfCaller ? 'the caller' : busy.includes(status) ? 'the service' : 'the events';
  return { code, message: `The server responded ${describeRefusal(status, text)}`, about };
};

const newline = Buffer.from('\n');
const hungUp = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/** The door of emitters. The request that delivers a file did not cause its events. */
export const eventsDoor = (connection: Connection): Door => ({
  connection,
  path: '/v1/events?stamp_request=false',
});

type AnswerBody = {
  warnings_left_out?: number;
  accepted?: number;
  events?: AcceptedLine[];
  rejected?: RefusedLine[];
  not_stored?: { index: number }[];
};

/** Only events that a response names are done; a response of another service says nothing about them. */
const outcomeOf = (status: number, text: string, sent: number): Partial<Posted> => {
  const isOurs = (status >= 200 && status < 300) || status === 422 || status === 503;
  const answer = isOurs ? parseAnswer(text) : undefined;
  if (!answer) return {};
  const isOfThese = ({ index }: { index: number }): boolean => index >= 0 && index < sent;
  const rejected = (answer.rejected ?? []).filter(isOfThese);
  const notStored = new Set((answer.not_stored ?? []).map(({ index }) => index));
  const gone = new Set(rejected.map(({ index }) => index));
  const all = Array.from({ length: sent }, (_, index) => index);
  let accepted = (answer.events ?? []).filter(isOfThese);
  // A response that counts all accepted events, or lists only the refused ones, need not name each.
  const isOfAll = answer.accepted === sent - gone.size;
  const saysRefused = status < 300 && !answer.events && answer.accepted === undefined && answer.rejected;
  if ((isOfAll || saysRefused) && accepted.length < sent - gone.size && notStored.size === 0)
    accepted = all
      .filter(index => !gone.has(index))
      .map(index => accepted.find(event => event.index === index) ?? { index, id: '', occurred_at: '' });
  for (const { index } of accepted) gone.add(index);
  return {
    accepted,
    rejected,
    left: all.filter(index => !gone.has(index)),
    warningsLeftOut: Number(answer.warnings_left_out ?? 0),
  };
};

const parseAnswer = (text: string): AnswerBody | undefined => {
  try {
    const answer = JSON.parse(text) as AnswerBody | null;
    const isList = (value: unknown): boolean => value === undefined || Array.isArray(value);
    return answer && isList(answer.events) && isList(answer.rejected) && isList(answer.not_stored)
      ? answer
      : undefined;
  } catch {
    return undefined;
  }
};

/** Posts lines without isolating poison; throws a `Failure` of code 3 unless all are accepted or refused. */
export const postAll = async (connection: Connection, lines: readonly Buffer[]): Promise<Posted> => {
  const posted = await postEvents(eventsDoor(connection), lines);
  if (posted.stuck)
    throw new Failure(3, `${posted.left.length} events could not be stored: ${posted.stuck.message}`);
  return posted;
};
