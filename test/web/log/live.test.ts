import { describe, expect, it } from 'vitest';
import { idleMs, isLate, keepNewest, mostKept, nextPauseMs, reasonToRest } from '#web/log/live.ts';

const row = (n: number) => ({ key: `k${n}`, event: { occurred_at: String(n).padStart(4, '0') } });

describe('a followed log', () => {
  it('is asked less and less often while nothing comes', () => {
    const pauses: number[] = [];
    while (pauses.length < 6) pauses.push(nextPauseMs(pauses.at(-1), false));
    expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(nextPauseMs(60_000, true)).toBe(5000);
  });

  it('rests while nobody looks, or nobody is reached', () => {
    const there = { isHidden: false, isOnline: true, inputAtMs: 0 };
    expect(reasonToRest(there, idleMs)).toBeUndefined();
    expect(reasonToRest(there, idleMs + 1)).toBe('idle');
    expect(reasonToRest({ ...there, isOnline: false }, 0)).toBe('offline');
    expect(reasonToRest({ ...there, isHidden: true }, 0)).toBe('hidden');
  });

  it('keeps the newest events, each once, also late ones in their place', () => {
    expect(keepNewest([row(3), row(1)], [row(2), row(3)]).map(({ key }) => key)).toEqual(['k3', 'k2', 'k1']);
    const many = Array.from({ length: 2 * mostKept }, (_, n) => row(n));
    expect(keepNewest(many, [])).toHaveLength(mostKept);
    expect(keepNewest(many, [])[0]).toEqual(row(2 * mostKept - 1));
  });

  it('knows what occurred before it was followed', () => {
    expect(isLate({ occurred_at: '2026-11-26T08:00:00Z' }, '2026-11-26T09:00:00Z')).toBe(true);
    expect(isLate({ occurred_at: '2026-11-26T09:00:00Z' }, '2026-11-26T09:00:00Z')).toBe(false);
    expect(isLate({ occurred_at: '2026-11-26T09:00:00Z' }, null)).toBe(false);
  });
});
