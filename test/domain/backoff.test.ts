import { describe, expect, it } from 'vitest';
import { type Backoff, pause, pauseMs } from '#domain/backoff.ts';

describe('the pause between attempts', () => {
  const bounds = { firstMs: 25, maxMs: 1000 };

  it('grows twofold up to a bound, and is spread from nothing up to that', () => {
    const greatest = (attempt: number) => pauseMs({ ...bounds, random: () => 1 }, attempt);
    expect([0, 1, 2, 5, 6, 100].map(greatest)).toEqual([25, 50, 100, 800, 1000, 1000]);
    expect(pauseMs({ ...bounds, random: () => 0.5 }, 2)).toBe(50);
    expect(pauseMs({ ...bounds, random: () => 0 }, 9)).toBe(0);
  });

  it('is slept', async () => {
    const slept: number[] = [];
    const backoff: Backoff = {
      ...bounds,
      maxAttempts: 3,
      random: () => 1,
      sleep: async ms => void slept.push(ms),
    };
    await pause(backoff, 1);
    expect(slept).toEqual([50]);
  });
});
