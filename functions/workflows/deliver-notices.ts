/**
 * Delivers due notices. Each is tried on its own. If a receiver fails or hangs, only the notices behind it
 * wait, and for a bounded time. A notice is removed after it was taken; after a crash in between it is sent
 * again, under the same id. Shared by tick and by the code that ends exports; not a Lambda itself.
 */
import type { DueNotice, Notices, WaitingNotice } from '#aws/state/notices.ts';
import type { DeliveryNotification } from '#domain/deliver/delivery-notification.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { afterFailedAttempt, isDue, type Notice, noticeOf, noticeOfDelivery } from '#domain/export/notice.ts';
import { type ExportOutcome, type NotifiedEvents, notificationOf } from '#domain/export/notification.ts';
import type { Instant } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

/**
 * Sends a notice to its receiver. Throws if that fails; the error's message contains no URL and no secret.
 */
export type SendNotice = (notice: Notice, signal: AbortSignal) => Promise<void>;

export type NoticeWorld = {
  notices: Notices;
  events: NotifiedEvents;
  send: SendNotice;
  nowMs(): number;
  log: Log;
};

/** The most that one run of tick tries, and its time limit. */
const maxAttemptsOfRun = 100;
const maxRunMs = 30_000;
/** An entry of the index is dropped after this if its notice was never stored or was delivered. */
const orphanAfterMs = 3_600_000;

const never = new AbortController().signal;

/** Stores the notice of a decided end, before the job says that it ended. A repeat is harmless. */
export const recordNotice = async (
  { notices, events }: NoticeWorld,
  job: ExportJob,
  outcome: ExportOutcome,
): Promise<void> => {
  const notification = notificationOf(job, outcome, events);
  if (notification) await notices.add(noticeOf(notification, job.id, job.since));
};

/** Stores a notice about a delivery, before what it tells counts as told. A repeat is harmless. */
export const recordDeliveryNotice = async (
  { notices, events }: Pick<NoticeWorld, 'notices' | 'events'>,
  { notification, about, since }: DeliveryNotification,
): Promise<void> => {
  if (events !== 'none') await notices.add(noticeOfDelivery(notification, about, since));
};

/**
 * Tries to deliver the notice of an ended export at once. A failure is left to tick and does not affect the
 * export.
 */
export const deliverAtOnce = async (world: NoticeWorld, job: ExportJob): Promise<void> => {
  const notification = notificationOf(job, job.status as ExportOutcome, world.events);
  if (!notification) return;
  try {
    const waiting = await world.notices.waiting(notification.id);
    if (waiting) await attempt(world, waiting, never);
  } catch (error) {
    world.log('error', 'A notice could not be processed; tick tries again', {
      export_id: job.id,
      ...errorFacts(error),
    });
  }
};

export type DeliveryRun = {
  /** Failures to process notices; a receiver that fails is not one. */
  failures: Error[];
  /** When the next of the remaining notices is due. */
  nextDue: Instant | undefined;
};

/** Tries due notices, the earliest first. */
export const deliverNotices = async (world: NoticeWorld, signal = never): Promise<DeliveryRun> => {
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
      world.log('error', 'A notice could not be processed', { notice_id: entry.id, ...errorFacts(error) });
      failures.push(error as Error);
    }
  }
  return { failures, nextDue };
};

const earlier = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

/** The result of a try: when the notice is due again if it failed. */
type Tried = { nextDue: Instant | undefined };

/** Undefined if there is nothing to try. */
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
    // A stop is not the receiver's fault: the notice stays due at the same time.
    if (signal.aborted) return { nextDue: entry.due };
    const next = afterFailedAttempt(notice, (error as Error).message, nowMs());
    const about = notice.delivery ? { delivery_id: notice.delivery.id } : { export_id: notice.export_id };
    const facts = { notice_id: notice.id, ...about, reason: next.last_reason };
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
