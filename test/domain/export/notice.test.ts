import { describe, expect, it } from 'vitest';
import {
  afterFailedAttempt,
  isDue,
  maxPauseMs,
  type Notice,
  noticeOf,
  noticeOfDelivery,
  printNotice,
  triedAgain,
} from '#domain/export/notice.ts';
import { notificationOf } from '#domain/export/notification.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { asked, at, given } from '#test/support/export-events.ts';

const aNotice = (): Notice => noticeOf(notificationOf(given(asked), 'failed', 'all')!, 'e', at);

describe('a notice that is not taken', () => {
  it('is tried with growing pauses for a day, and is undelivered then', () => {
    let nowMs = Date.parse(at);
    let notice = aNotice();
    const pauses: number[] = [];
    while (notice.next_attempt_at !== null) {
      nowMs = Date.parse(notice.next_attempt_at);
      notice = afterFailedAttempt(notice, 'it answered 500', nowMs);
      if (notice.next_attempt_at !== null) pauses.push((Date.parse(notice.next_attempt_at) - nowMs) / 1000);
    }
    expect(pauses.slice(0, 13)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600]);
    expect(new Set(pauses.slice(13))).toEqual(new Set([3600]));
    expect(nowMs - Date.parse(at)).toBeGreaterThanOrEqual(86_400_000);
    expect(nowMs - Date.parse(at)).toBeLessThan(86_400_000 + maxPauseMs);
    expect(notice).toMatchObject({ attempts: pauses.length + 1, last_reason: 'it answered 500' });
  });

  it('has its day from its first try, however long the server was down before', () => {
    const late = Date.parse(at) + 7 * 86_400_000;
    expect(afterFailedAttempt(aNotice(), 'r', late).next_attempt_at).toBe(instantOfMilliseconds(late + 1000));
  });

  it('has another day after the operator had it tried again', () => {
    const later = Date.parse(at) + 2 * 86_400_000;
    const given = afterFailedAttempt(afterFailedAttempt(aNotice(), 'r', Date.parse(at)), 'r', later);
    expect(given.next_attempt_at).toBeNull();
    const again = triedAgain(given, later);
    expect(again.next_attempt_at).toBe(instantOfMilliseconds(later));
    expect(afterFailedAttempt(again, 'r', later).next_attempt_at).toBe(instantOfMilliseconds(later + 1000));
  });

  it('is not kept waiting by a clock that was ahead, and gets its day after that was set back', () => {
    const nowMs = Date.parse(at);
    const ahead = afterFailedAttempt(aNotice(), 'r', nowMs + 1e12);
    expect(isDue(ahead.next_attempt_at!, nowMs)).toBe(true);
    const back = afterFailedAttempt(ahead, 'r', nowMs);
    expect(back).toMatchObject({
      first_attempt_at: at,
      next_attempt_at: instantOfMilliseconds(nowMs + 2000),
    });
    expect(isDue(back.next_attempt_at!, nowMs)).toBe(false);
  });
});

it('names the export or the delivery that it is about', () => {
  expect(printNotice(aNotice())).toMatchObject({ export_id: 'e', delivery: null, status: 'waiting' });
  const { id, subject, message } = aNotice();
  const delivery = { scope_id: 'acme', id: 'siem' };
  expect(printNotice(noticeOfDelivery({ id, subject, message }, delivery, at))).toMatchObject({
    export_id: null,
    delivery,
    since: at,
  });
});
