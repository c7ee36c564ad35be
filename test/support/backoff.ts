/**
 * Until the test has ended, each pause between attempts reaches every deadline and takes no time: what fails
 * gives up at once.
 */
import { onTestFinished, vi } from 'vitest';
import { systemBackoff } from '#aws/backoff.ts';

export const withoutPauses = (): void => {
  const random = vi.spyOn(systemBackoff, 'random').mockReturnValue(Number.MAX_SAFE_INTEGER);
  const sleep = vi.spyOn(systemBackoff, 'sleep').mockImplementation(() => new Promise(setImmediate));
  onTestFinished(() => {
    random.mockRestore();
    sleep.mockRestore();
  });
};
