/** Waits until an expectation holds; the limit is long enough for a slow machine. */
import { vi } from 'vitest';

export const eventually = <T>(expectation: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(expectation, { timeout: 60_000, interval: 10 });
