/**
 * A notice: a notification on its way to its receiver. It is tried with growing pauses for a day from its
 * first try, and is undelivered then, until the operator has it tried again or dismisses it. Time is an
 * argument.
 */

import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { Notification } from './notification.ts';

export type Notice = Notification & {
  export_id: string;
  /** When the end was decided. */
  since: Instant;
  attempts: number;
  first_attempt_at: Instant | null;
  /** Null once it is undelivered. */
  next_attempt_at: Instant | null;
  last_reason: string | null;
};

const firstPauseMs = 1000;
/** No pause between two tries is longer. */
export const maxPauseMs = 3_600_000;
const giveUpAfterMs = 86_400_000;

export const noticeOf = (notification: Notification, exportId: string, since: Instant): Notice => ({
  ...notification,
  export_id: exportId,
  since,
  attempts: 0,
  first_attempt_at: null,
  next_attempt_at: since,
  last_reason: null,
});

/** The notice after a try that failed. */
export const afterFailedAttempt = (notice: Notice, reason: string, nowMs: number): Notice => {
  const now = instantOfMilliseconds(nowMs);
  const { first_attempt_at } = notice;
  // A first try that lies ahead was made by a clock that has been set back.
  const first = first_attempt_at !== null && first_attempt_at <= now ? first_attempt_at : now;
  const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** notice.attempts);
  const isOver = nowMs - Date.parse(first) >= giveUpAfterMs;
  return {
    ...notice,
    attempts: notice.attempts + 1,
    first_attempt_at: first,
    next_attempt_at: isOver ? null : instantOfMilliseconds(nowMs + pauseMs),
    last_reason: reason,
  };
};

/** The notice as the operator has it tried again: at once, and for another day. */
export const triedAgain = (notice: Notice, nowMs: number): Notice => ({
  ...notice,
  attempts: 0,
  first_attempt_at: null,
  next_attempt_at: instantOfMilliseconds(nowMs),
});

/**
 * Whether a notice is to be tried at an instant; one that lies further off than any pause is due to a clock
 * that jumped.
 */
export const isDue = (nextAttempt: Instant, nowMs: number): boolean =>
  nextAttempt <= instantOfMilliseconds(nowMs) || Date.parse(nextAttempt) > nowMs + maxPauseMs;

/** Where a page of notices ends: those given up stand before those that wait. */
export const noticeCursorGrammar = '^(undelivered|waiting)-[0-9a-f-]{36}$';
export const isNoticeCursor = (text: string): boolean => new RegExp(noticeCursorGrammar).test(text);

/** The notice as the operator sees it. */
export const printNotice = ({ id, export_id, subject, since, ...delivery }: Notice) => ({
  id,
  status: delivery.next_attempt_at === null ? ('undelivered' as const) : ('waiting' as const),
  export_id,
  subject,
  since,
  attempts: delivery.attempts,
  next_attempt_at: delivery.next_attempt_at,
  last_reason: delivery.last_reason,
});
