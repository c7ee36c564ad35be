/**
 * A notice: a notification on its way to its receiver. It is tried with growing pauses for a day from its
 * first try. After that it is undelivered, until the operator retries or dismisses it. Time is an argument.
 */

import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { Notification } from './notification.ts';

export type NoticeDelivery = { scope_id: string; id: string };

export type Notice = Notification & {
  /** Null if it is about a delivery. */
  export_id: string | null;
  /** Absent if it is about an export. */
  delivery?: NoticeDelivery | undefined;
  /** When what it tells was decided. */
  since: Instant;
  attempts: number;
  first_attempt_at: Instant | null;
  /** Null once it is undelivered. */
  next_attempt_at: Instant | null;
  last_reason: string | null;
};

const firstPauseMs = 1000;
/** The longest pause between two tries. */
export const maxPauseMs = 3_600_000;
const giveUpAfterMs = 86_400_000;

export const noticeOf = (notification: Notification, exportId: string, since: Instant): Notice => ({
  ...newNotice(notification, since),
  export_id: exportId,
});

export const noticeOfDelivery = (
  notification: Notification,
  delivery: NoticeDelivery,
  since: Instant,
): Notice => ({ ...newNotice(notification, since), export_id: null, delivery });

const newNotice = (notification: Notification, since: Instant) => ({
  ...notification,
  since,
  attempts: 0,
  first_attempt_at: null,
  next_attempt_at: since,
  last_reason: null,
});

/** The notice after a failed try. */
export const afterFailedAttempt = (notice: Notice, reason: string, nowMs: number): Notice => {
  const now = instantOfMilliseconds(nowMs);
  const { first_attempt_at } = notice;
  // A first try in the future was made by a clock that has been set back.
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

/** The notice after the operator's retry: due at once, and for another day. */
export const triedAgain = (notice: Notice, nowMs: number): Notice => ({
  ...notice,
  attempts: 0,
  first_attempt_at: null,
  next_attempt_at: instantOfMilliseconds(nowMs),
});

/**
 * Whether a notice is due at an instant. One that is further away than any pause comes from a clock that
 * jumped.
 */
export const isDue = (nextAttempt: Instant, nowMs: number): boolean =>
  nextAttempt <= instantOfMilliseconds(nowMs) || Date.parse(nextAttempt) > nowMs + maxPauseMs;

/** Where a page of notices ends: given-up ones come before waiting ones. */
export const noticeCursorGrammar = '^(undelivered|waiting)-[0-9a-f-]{36}$';
export const isNoticeCursor = (text: string): boolean => new RegExp(noticeCursorGrammar).test(text);

/** The notice as the operator sees it. */
export const printNotice = ({ id, export_id, delivery, subject, since, ...sending }: Notice) => ({
  id,
  status: sending.next_attempt_at === null ? ('undelivered' as const) : ('waiting' as const),
  export_id,
  delivery: delivery ?? null,
  subject,
  since,
  attempts: sending.attempts,
  next_attempt_at: sending.next_attempt_at,
  last_reason: sending.last_reason,
});
