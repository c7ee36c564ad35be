/**
 * Delivers the notices that are due: each is tried on its own, and its receiver, however it fails or hangs, holds up
 * nothing but the notices behind it, for a bounded time. A notice is removed once it was taken, so one that is taken
 * just before a crash comes again, under the same id. Shared by whoever brings exports to their end and by tick; not a
 * Lambda itself.
 */
import type { DueNotice, Notices, WaitingNotice } from '#aws/state/notices.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { afterFailedAttempt, isDue, type Notice, noticeOf } from '#domain/export/notice.ts';
import { type NotifiedEvents, notificationOf, type Outcome } from '#domain/export/notification.ts';
import type { Instant } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

/** Hands a notice to its receiver; throws an error whose message holds no URL and no secret. */
export type SendNotice = (notice: Notice, signal: AbortSignal) => Promise<void>;

export type NoticeWorld = {
  notices: Notices;
  events: NotifiedEvents;
  send: SendNotice;
  nowMs(): number;
  log: Log;
};

/** What a run of tick may try at most, and for how long. */
const maxAttemptsOfRun = 100;
const maxRunMs = 30_000;
/** An entry of the index whose notice never came, or was delivered, is dropped after this. */
const orphanAfterMs = 3_600_000;

const never = new AbortController().signal;

/** Keeps the notice of an end that is decided, before the job says so; made twice, it is one. */
export const recordNotice = async (
  { notices, events }: NoticeWorld,
  job: ExportJob,
  outcome: Outcome,
): Promise<void> => {
  const notification = notificationOf(job, outcome, events);
  if (notification) await notices.add(noticeOf(notification, job.id, job.since));
};

/**
 * Tries the notice of an export that has ended, at once; what fails is left to tick, and is not the export's
 * trouble.
 */
export const deliverAtOnce = async (world: NoticeWorld, job: ExportJob): Promise<void> => {
  const notification = notificationOf(job, job.status as Outcome, world.events);
  if (!notification) return;
  try {
    const waiting = await world.notices.waiting(notification.id);
    if (waiting) await attempt(world, waiting, never);
  } catch (error) {
    world.log('error', 'A notice could not be looked after; tick tries again', {
      export_id: job.id,
      ...errorFacts(error),
    });
  }
};

export type Delivery = {
  /** What kept notices from being looked after; a receiver that fails is not among it. */
  failures: Error[];
  /** When the next one is due of those that are left. */
  nextDue: Instant | undefined;
};

/** Tries what is due, the soonest first. */
export const deliverNotices = async (world: NoticeWorld, signal = never): Promise<Delivery> => {
  const failures: Error[] = [];
  const startedAt = performance.now();
  let attempts = 0;
  let nextDue: Instant | undefined;
  for await (const entry of world.notices.due()) {
    if (signal.aborted) break;
    const isOver = attempts >= maxAttemptsOfRun || performance.now() - startedAt >= maxRunMs;
    if (isOver || !isDue(entry.due, world.nowMs())) {
      nextDue = earlier(nextDue, entry.due);
      if (isOver) break;
      continue;
    }
    try {
      const tried = await tryNotice(world, entry, signal);
      if (tried) attempts += 1;
      nextDue = earlier(nextDue, tried?.nextDue);
    } catch (error) {
      world.log('error', 'A notice could not be looked after', { notice_id: entry.id, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return { failures, nextDue };
};

const earlier = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

/** A try, and when the notice is due again if it failed. */
type Tried = { nextDue: Instant | undefined };

/** Undefined if there is nothing to be tried. */
const tryNotice = async (
  world: NoticeWorld,
  entry: DueNotice,
  signal: AbortSignal,
): Promise<Tried | undefined> => {
  const { notices, nowMs } = world;
  const waiting = await notices.waiting(entry.id);
  if (!waiting) {
    if (Math.abs(nowMs() - Date.parse(entry.due)) > orphanAfterMs) await notices.forget(entry);
    return undefined;
  }
  if (waiting.notice.next_attempt_at !== entry.due) {
    await notices.forget(entry);
    return undefined;
  }
  return attempt(world, waiting, signal);
};

const attempt = async (world: NoticeWorld, waiting: WaitingNotice, signal: AbortSignal): Promise<Tried> => {
  const { notices, send, nowMs, log } = world;
  const { notice } = waiting;
  const entry = { due: notice.next_attempt_at!, id: notice.id };
  try {
    await send(notice, signal);
  } catch (error) {
    // A stop is no fault of the receiver: the notice is due as before.
    if (signal.aborted) return { nextDue: entry.due };
    const next = afterFailedAttempt(notice, (error as Error).message, nowMs());
    const facts = { notice_id: notice.id, export_id: notice.export_id, reason: next.last_reason };
    if (next.next_attempt_at === null) {
      log('error', 'A notice was not delivered within a day, and is no longer tried', facts);
      await notices.giveUp(next);
    } else {
      log('warn', 'A notice was not delivered, and is tried again', {
        ...facts,
        next_attempt_at: next.next_attempt_at,
      });
      await notices.postpone(waiting, next);
    }
    await notices.forget(entry);
    return { nextDue: next.next_attempt_at ?? undefined };
  }
  await notices.remove(notice.id);
  await notices.forget(entry);
  return { nextDue: undefined };
};
