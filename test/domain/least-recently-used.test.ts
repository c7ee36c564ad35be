import { describe, expect, it } from 'vitest';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';

describe('a cache', () => {
  it('makes room by what was used the longest ago', () => {
    const cache = new LeastRecentlyUsed<number>(3);
    cache.set('a', 1, 1);
    cache.set('b', 2, 1);
    cache.set('c', 3, 1);
    expect(cache.get('a')).toBe(1);
    cache.set('d', 4, 2);
    expect(['a', 'b', 'c', 'd'].map(key => cache.get(key))).toEqual([1, undefined, undefined, 4]);
  });

  it('keeps nothing that is larger than all of it, and counts what is replaced once', () => {
    const cache = new LeastRecentlyUsed<number>(3);
    cache.set('a', 1, 4);
    expect(cache.get('a')).toBeUndefined();
    for (let n = 0; n < 10; n++) cache.set('a', n, 2);
    cache.set('b', 1, 1);
    expect([cache.get('a'), cache.get('b')]).toEqual([9, 1]);
    cache.delete('a');
    cache.delete('a');
    cache.set('c', 1, 2);
    expect([cache.get('b'), cache.get('c')]).toEqual([1, 1]);
  });
});
