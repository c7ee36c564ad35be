/**
 * Until the test ends, every pause between attempts takes no time but counts as longer than any deadline, so
 * that failures give up at once.
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
