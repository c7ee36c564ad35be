import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UuidSet } from '#domain/export/uuid-set.ts';

describe('a set of UUIDs', () => {
  it('holds what a Set of their texts would', () => {
    const word = fc.constantFrom(0, 1, 0xffffffff, 0x80000000);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word, word), { maxLength: 2000 }), ids => {
        const set = new UuidSet();
        const model = new Set<string>();
        for (const id of ids) {
          expect(set.add(...id)).toBe(!model.has(id.join()));
          model.add(id.join());
        }
      }),
    );
  });

  it('grows', () => {
    const set = new UuidSet();
    for (let i = 0; i < 20_000; i++) expect(set.add(i, i * 3, i * 7, 9)).toBe(true);
    for (let i = 0; i < 20_000; i++) expect(set.add(i, i * 3, i * 7, 9)).toBe(false);
  });
});
