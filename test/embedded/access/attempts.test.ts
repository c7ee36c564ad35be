import { describe, expect, it } from 'vitest';
import { Attempts } from '#embedded/access/attempts.ts';

const wrong = (attempts: Attempts, address: string, times: number) =>
  Array.from({ length: times }, () => attempts.count(address));

describe('wrong login links', () => {
  it('are too many after ten of one address within a minute, and others are not affected', () => {
    const clock = { ms: 0 };
    const attempts = new Attempts(() => clock.ms);
    expect(wrong(attempts, 'a', 10).every(({ seconds }) => seconds === 0)).toBe(true);
    clock.ms = 15_500;
    expect(wrong(attempts, 'a', 2)).toEqual([
      { seconds: 45, isFirst: true },
      { seconds: 45, isFirst: false },
    ]);
    expect(attempts.count('b').seconds).toBe(0);
    clock.ms = 60_000;
    expect(attempts.count('a')).toEqual({ seconds: 0, isFirst: false });
  });

  it('are counted of a thousand addresses at most', () => {
    const attempts = new Attempts(() => 0);
    wrong(attempts, 'a', 20);
    for (let n = 0; n < 999; n++) attempts.count(`other ${n}`);
    expect(attempts.count('a').seconds).toBe(60);
    attempts.count('one more');
    expect(attempts.count('a').seconds).toBe(0);
  });
});
