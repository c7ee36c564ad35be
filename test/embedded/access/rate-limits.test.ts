import { describe, expect, it } from 'vitest';
import { RateLimits } from '#embedded/access/rate-limits.ts';

const limited = (installation?: number) => {
  let nowMs = 1_000_000;
  const limits = new RateLimits(installation, () => nowMs);
  return {
    limits,
    after: (ms: number): void => {
      nowMs += ms;
    },
    /** Sends so many events in one request, and says after how many seconds to retry if it is turned away. */
    send: (key: string, events = 1, own?: number | null): number => {
      const wait = limits.admit(key, own);
      if (!wait) limits.pay(key, events);
      return wait?.retryAfterSeconds ?? 0;
    },
  };
};

describe('the limit of a key', () => {
  it('lets ten seconds’ worth through after a pause, then what has come since', () => {
    const { send, after } = limited(2);
    expect(Array.from({ length: 20 }, () => send('a'))).toEqual(Array(20).fill(0));
    expect(send('a')).toBe(1);
    after(500);
    expect(send('a')).toBe(0);
    expect(send('a')).toBe(1);
    after(3_600_000);
    expect(Array.from({ length: 21 }, () => send('a')).filter(wait => wait > 0)).toEqual([1]);
  });

  it('takes a batch as a whole, however large, and then waits for what it owes', () => {
    const { send, after } = limited(10);
    expect(send('a', 1000)).toBe(0);
    expect(send('a')).toBe(91);
    after(90_000);
    expect(send('a')).toBe(1);
    after(1000);
    expect(send('a')).toBe(0);
  });

  it('holds over a long time, whatever the batches are: nothing is had for free', () => {
    const { send, after } = limited(10);
    let sent = 0;
    for (let second = 0; second < 1000; second++) {
      if (send('a', 57) === 0) sent += 57;
      after(1000);
    }
    expect(sent).toBeLessThanOrEqual(10 * 1000 + 10 * 10 + 57);
    expect(sent).toBeGreaterThan(10 * 1000 - 57);
  });

  it('is its own: another key is not kept waiting, and one without a limit never waits', () => {
    const { send } = limited(1);
    expect(send('a', 100)).toBe(0);
    expect(send('a')).toBeGreaterThan(0);
    expect(send('b')).toBe(0);
    expect(send('c', 1_000_000, null)).toBe(0);
    expect(send('c', 1, null)).toBe(0);
    expect(send('d', 100, 1000)).toBe(0);
    expect(send('d', 100, 1000)).toBe(0);
    expect(limited().send('a', 1_000_000)).toBe(0);
  });

  it('may change while the key is used, and keeps what the key owes', () => {
    const { send, after } = limited();
    expect(send('a', 110, 10)).toBe(0);
    expect(send('a', 1, 10)).toBe(2);
    expect(send('a', 1, 1)).toBe(11);
    after(11_000);
    expect(send('a', 1, 1)).toBe(0);
    // Without a limit for a while nothing is owed any more.
    expect(send('a', 1, null)).toBe(0);
    expect(send('a', 1, 1)).toBe(0);
  });

  it('does not follow a clock that goes back', () => {
    const { send, after } = limited(1);
    expect(send('a', 10)).toBe(0);
    after(-5000);
    expect(send('a')).toBe(1);
    after(1000);
    expect(send('a')).toBe(0);
    expect(send('a')).toBe(1);
  });

  it('is remembered of those that still owe, however many keys there are', () => {
    const { send, after } = limited(1);
    expect(send('a', 100_000)).toBe(0);
    for (let n = 0; n < 3000; n++) expect(send(`key-${n}`)).toBe(0);
    after(60_000);
    for (let n = 0; n < 3000; n++) expect(send(`key-${n}`)).toBe(0);
    expect(send('a')).toBeGreaterThan(90_000);
  });
});
