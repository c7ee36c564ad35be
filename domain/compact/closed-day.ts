/**
 * A day is closed once the bucket's watermark has stood past its end for longer than a run of archive can take.
 * The wall clock measures that, from when the watermark was first seen there: a watermark that jumps after a
 * stall proves nothing about a run that still writes.
 */
import { dateOf, dayBefore, type Instant } from '#domain/time.ts';
import type { Compaction } from './compaction.ts';

/** archive's timeout, and a minute. */
export const archiveTimeoutMs = 5 * 60_000;
export const closesAfterMs = archiveTimeoutMs + 60_000;

type Closing = Pick<Compaction, 'closed_to' | 'closing'>;

/** What is known of closed days now; the same object if nothing has changed. `watermark` is the bucket's. */
export const closingAt = (known: Closing, watermark: Instant | undefined, now: Instant): Closing => {
  let { closed_to, closing } = known;
  if (closing && closing.seen_at <= now && millisecondsBetween(closing.seen_at, now) >= closesAfterMs) {
    if (closed_to === undefined || closing.date > closed_to) closed_to = closing.date;
    closing = undefined;
  }
  // A clock that was ahead must not hold a day open until the time that it showed.
  if (closing && closing.seen_at > now) closing = { ...closing, seen_at: now };
  const past = watermark === undefined ? undefined : dayBefore(dateOf(watermark));
  if (!closing && past !== undefined && (closed_to === undefined || past > closed_to))
    closing = { date: past, seen_at: now };
  if (closed_to === known.closed_to && closing === known.closing) return known;
  return { ...(closed_to === undefined ? {} : { closed_to }), ...(closing ? { closing } : {}) };
};

const millisecondsBetween = (a: Instant, b: Instant): number => Date.parse(b) - Date.parse(a);
