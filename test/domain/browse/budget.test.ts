import { describe, expect, it } from 'vitest';
import { Budget } from '#domain/browse/budget.ts';

describe('a budget', () => {
  it('is spent by time or by bytes, whichever is first', () => {
    let ms = 5;
    const budget = () => new Budget({ milliseconds: 10, bytesRead: 100 }, () => ms);
    const byTime = budget();
    expect(byTime.isSpent()).toBe(false);
    ms = 15;
    expect(byTime.isSpent()).toBe(true);
    const byBytes = budget();
    byBytes.spend(99);
    expect(byBytes.isSpent()).toBe(false);
    byBytes.spend(1);
    expect(byBytes.isSpent()).toBe(true);
  });
});
