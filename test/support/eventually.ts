/** Waits until an expectation holds; long enough for a slow machine, and no longer than it takes. */
import { vi } from 'vitest';

export const eventually = <T>(expectation: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(expectation, { timeout: 60_000, interval: 10 });
