import { describe, expect, it } from 'vitest';
import { inTurns, quantile, summarize } from '../../../bench/peers/turns.ts';

describe('Annals and its peer', () => {
  it('take turns, and who begins alternates', async () => {
    const order: string[] = [];
    const turn = (who: string) => async () => {
      order.push(who);
      return order.length;
    };
    const results = await inTurns(3, turn('annals'), turn('peer'));
    expect(order).toEqual(['annals', 'peer', 'peer', 'annals', 'annals', 'peer']);
    expect(results).toEqual([
      { annals: 1, peer: 2 },
      { annals: 4, peer: 3 },
      { annals: 5, peer: 6 },
    ]);
  });

  it('are compared by the median of the ratios, not by the ratio of the medians', () => {
    const pairs = [
      { annals: 10, peer: 10 },
      { annals: 30, peer: 15 },
      { annals: 20, peer: 40 },
    ];
    expect(summarize(pairs)).toEqual({ value: 20, floor: 15, ratio: 1 });
  });

  it('have quantiles by the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
  });
});
