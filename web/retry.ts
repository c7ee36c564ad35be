/** When something that failed is tried again at once: the browser is online again, or somebody asks for it. */
import { sleep } from './api.ts';

const asked = 'annals-retry';
const page = globalThis as unknown as EventTarget;

/** Tries again now what waits for its next attempt, and what has failed. */
export const retryNow = (target = page): void => void target.dispatchEvent(new Event(asked));

/** Returns what ends it. */
export const onRetry = (run: () => void, target = page): (() => void) => {
  const names = ['online', asked];
  for (const name of names) target.addEventListener(name, run);
  return () => {
    for (const name of names) target.removeEventListener(name, run);
  };
};

/** Waits between two attempts, but not longer than there is a reason to. */
export const sleepUntilRetry = async (
  ms: number,
  signal: AbortSignal | undefined,
  target = page,
): Promise<void> => {
  let stop = (): void => {};
  const retried = new Promise<void>(resolve => {
    stop = onRetry(resolve, target);
  });
  await Promise.race([sleep(ms, signal), retried]).finally(stop);
};
