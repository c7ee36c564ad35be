/** Delivers notices in the background: at the start, when an export has ended, and when the next one is due. */
import type { Notice } from '#domain/export/notice.ts';
import { deliverNotices, type NoticeWorld } from '#functions/workflows/deliver-notices.ts';

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
