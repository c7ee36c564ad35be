import { describe, expect, it } from 'vitest';
import { noWatermark, type Watermark } from '#domain/archive/watermark.ts';
import { chargedBytes, sumOfDay, withRefused } from '#domain/refused/usage.ts';

const kept = (sender: string, bytes: number, day = '2026-11-23') => ({ sender, day, bytes });

describe('the retention of refused items', () => {
  it('counts each file as at least 1 KiB', () => {
    expect([0, 1, 1024, 1025].map(chargedBytes)).toEqual([1024, 1024, 1024, 1025]);
  });

  it('is counted by sender in the watermark, of the last day alone', () => {
    const first = withRefused(noWatermark, noWatermark, [kept('a', 1), kept('b', 2), kept('a', 3)]);
    expect(first.refused).toEqual({ day: '2026-11-23', senders: { a: 4, b: 2 } });
    const next = withRefused(first, first, [kept('a', 5), kept('a', 7, '2026-11-24'), kept('b', 9)]);
    expect(next.refused).toEqual({ day: '2026-11-24', senders: { a: 7 } });
    expect(withRefused(noWatermark, first, [])).toBe(noWatermark);
  });

  it('is added up over the shards, and counted together beyond a thousand senders', () => {
    const ofShard = (refused: Watermark['refused']): Watermark => ({ ...noWatermark, refused });
    const shards = [
      ofShard({ day: '2026-11-23', senders: { a: 1, constructor: 2 } }),
      ofShard({ day: '2026-11-23', senders: { a: 10 } }),
      ofShard({ day: '2026-11-22', senders: { a: 100 } }),
      noWatermark,
    ];
    expect(sumOfDay(shards, '2026-11-23').senders).toEqual({ a: 11, constructor: 2 });
    const many = withRefused(
      noWatermark,
      noWatermark,
      Array.from({ length: 1200 }, (_, n) => kept(`s-${n}`, 1)),
    );
    expect(Object.keys(many.refused!.senders)).toHaveLength(1001);
    expect(many.refused!.senders['*']).toBe(200);
  });
});
