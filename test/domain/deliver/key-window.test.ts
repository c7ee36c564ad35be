import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstKeptFiling, KeyWindow, keptKeysMs, keyHash } from '#domain/deliver/key-window.ts';
import { instantOfMilliseconds } from '#domain/time.ts';

const at = (ms: number) => instantOfMilliseconds(Date.parse('2026-11-26T10:00:00Z') + ms);
const hashOf = (n: number) => keyHash({ occurred_at: at(0), id: String(n) });

describe('the keys that were filed lately', () => {
  it('are what a set has, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 4000 }), keys => {
        const window = new KeyWindow(at(0));
        const known = new Set<number>();
        for (const key of keys) {
          expect(window.has(hashOf(key))).toBe(known.has(key));
          expect(window.add(hashOf(key), at(known.size))).toBe(!known.has(key));
          known.add(key);
        }
        expect(window.size).toBe(known.size);
      }),
      { numRuns: 20 },
    );
  });

  it('take a bounded space, since old ones make room', () => {
    const window = new KeyWindow(at(0));
    for (let n = 0; n < 20_000; n++) window.add(hashOf(n), at(n * 60_000));
    expect(keptKeysMs / 60_000).toBe(1500);
    expect(window.bytes).toBeLessThan(200_000);
    expect(window.has(hashOf(19_999 - 1499))).toBe(true);
  });

  it('tell events apart by time and id', () => {
    expect(keyHash({ occurred_at: at(0), id: 'a' })).toHaveLength(16);
    expect(keyHash({ occurred_at: at(1), id: 'a' })).not.toEqual(keyHash({ occurred_at: at(0), id: 'a' }));
  });

  it('begin early enough for every copy of a row in time', () => {
    expect(firstKeptFiling(at(0))).toBe(at(-25 * 3_600_000));
  });
});
