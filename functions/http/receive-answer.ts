/**
 * The answer to a sender. With `?refused=keep` the answer is a final 200 once everything is stored or kept,
 * since many senders accept no other status. Without it, the status is the same whether or not refused items
 * are kept.
 */

import type { RejectedEvent, SentBody } from '#domain/archive/sort-body.ts';
import type { BodyProblem } from '#domain/receive/body.ts';
import { type Accepted, fitAnswer, type NotStoredEvent } from '#domain/receive/event-answer.ts';
import { type Answer, json, problem } from './answer.ts';

const retryAfterSeconds = 1;
const retryAfter = { 'retry-after': String(retryAfterSeconds) };

export type Received = {
  accepted: readonly Accepted[];
  refused: readonly RejectedEvent[];
  notStored: ReadonlySet<number>;
  isKept: readonly boolean[];
  isAdmitted: readonly boolean[];
};

export const answerEvents = ({ isKeeping }: Pick<SentBody, 'isKeeping'>, received: Received): Answer => {
  const { accepted, refused, notStored, isKept, isAdmitted } = received;
  const stored = notStored.size === 0 ? accepted : accepted.filter((_, place) => !notStored.has(place));
  const rejected = refused.map(({ slice, ...refusal }, place) => ({ ...refusal, kept: isKept[place]! }));
  const missing: NotStoredEvent[] = [];
  for (const place of notStored) {
    const { index, id, occurred_at } = accepted[place]!;
    missing.push({ index, id, occurred_at });
  }
  if (isKeeping)
    refused.forEach(({ index }, place) => {
      if (!isKept[place]) missing.push({ index });
    });
  const not_stored = missing.sort((a, b) => a.index! - b.index!);
  const told = fitAnswer({
    accepted: stored.length,
    events: [...stored],
    rejected,
    ...(not_stored.length === 0 ? {} : { not_stored }),
  });
  const isToKeep = isKeeping && isKept.some((is, place) => !is && isAdmitted[place]);
  if (notStored.size > 0 || isToKeep) return notStoredProblem(told);
  if (isKeeping && not_stored.length === 0) return json(200, told);
  if (accepted.length > 0) return json(refused.length === 0 ? 202 : 207, told);
  return problem('no_valid_event', 'No event of the request is valid; see "rejected"', told);
};

const notStoredProblem = (told: object): Answer =>
  problem(
    'not_stored',
    'The stream did not take every event; send those in "not_stored" again, with their id and occurred_at',
    { ...told },
    retryAfter,
  );

/** `keeping` is undefined if the body contains nothing to keep. */
export const answerBody = (
  { isKeeping }: Pick<SentBody, 'isKeeping'>,
  { code, message }: BodyProblem,
  keeping: { isKept: boolean; isToSendAgain: boolean } | undefined,
): Answer => {
  if (isKeeping && !keeping) return json(200, { accepted: 0, events: [], rejected: [] });
  const rejected = keeping ? [{ index: null, code, path: '', message, kept: keeping.isKept }] : [];
  const told = { accepted: 0, events: [], rejected };
  if (isKeeping && keeping!.isKept) return json(200, told);
  const not_stored = isKeeping ? { not_stored: [{ index: null }] } : {};
  if (isKeeping && keeping!.isToSendAgain) return notStoredProblem({ ...told, ...not_stored });
  return problem(
    code,
    message,
    { ...(keeping ? { kept: keeping.isKept } : {}), ...not_stored },
    // Lists the accepted codings (RFC 9110, 15.5.16).
    code === 'unsupported_encoding' ? { 'accept-encoding': 'gzip, deflate' } : {},
  );
};
