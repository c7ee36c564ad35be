/** Delivers notices in the background: at the start, when there is a new one, and when the next one is due. */
import type { Notice } from '#domain/export/notice.ts';
import { notificationOf } from '#domain/export/notification.ts';
import {
  deliverNotices,
  type NoticeWorld,
  recordDeliveryNotice,
  recordNotice,
} from '#functions/workflows/deliver-notices.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import type { Notify } from '#functions/workflows/export-world.ts';

/** The longest interval between looks: a clock may have been set, and the state may have been unavailable. */
const maxIdleMs = 60_000;

/**
 * A notice that cannot be handed over is undelivered after a day, like one that its receiver does not take.
 */
export const noReceiver = (_: Notice): Promise<void> => Promise.reject(new Error('no webhook is set'));

/** `onceAtATime` makes a function that starts the work, or makes it run once more if it is running. */
export const startDelivery = (
  world: NoticeWorld,
  onceAtATime: (work: () => Promise<void>) => () => void,
): { wake(): void; stop(): void } => {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wake = onceAtATime(async () => {
    clearTimeout(timer);
    let pauseMs = maxIdleMs;
    try {
      const { nextDue } = await deliverNotices(world, ending.signal);
      if (nextDue !== undefined) pauseMs = Math.min(pauseMs, Date.parse(nextDue) - world.nowMs());
    } finally {
      if (!ending.signal.aborted) timer = setTimeout(wake, Math.max(0, pauseMs));
    }
  });
  wake();
  return {
    wake,
    stop(): void {
      ending.abort();
      clearTimeout(timer);
    },
  };
};

/** Of the end of an export: a line of the log, and the notice for the webhook if there is one. */
export const notifierOf =
  (world: NoticeWorld): Notify =>
  async (job, outcome) => {
    const said = notificationOf(job, outcome, world.events === 'all' ? 'all' : 'schedules');
    if (said) world.log(outcome === 'succeeded' ? 'info' : 'error', said.subject, { export_id: job.id });
    await recordNotice(world, job, outcome);
  };

/** The same about a delivery. */
export const tellerOf =
  (world: NoticeWorld, wake: () => void): DeliverWorld['tell'] =>
  async told => {
    const { notification, about, isBad } = told;
    world.log(isBad ? 'error' : 'info', notification.subject, { delivery_id: about.id });
    await recordDeliveryNotice(world, told);
    wake();
  };
