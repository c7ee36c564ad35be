import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GroupFacts, mayHold } from '#domain/compact/facts.ts';
import { compareKeys, type RowKey } from '#domain/compact/row-order.ts';

const instant = fc.integer({ min: 0, max: 9 }).map(n => `2026-11-25T00:00:00.00000000${n}Z`);
const scope = fc.constantFrom('a', 'b', 'b\ue000', 'b\u{10000}', 'c', undefined);
const rows = fc.array(fc.tuple(scope, instant), { minLength: 1, maxLength: 8 });

const groupOf = (keys: RowKey[]): GroupFacts => {
  const sorted = [...keys].sort(compareKeys);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return {
    rows: keys.length,
    text_bytes: 0,
    first_scope_id: first[0] ?? null,
    last_scope_id: last[0] ?? null,
    first_occurred_at: first[1],
    last_occurred_at: last[1],
  };
};

describe('a row group', () => {
  it('is never skipped if it holds a row that is asked for', () => {
    const limit = fc.option(instant, { nil: undefined });
    fc.assert(
      fc.property(rows, scope, limit, limit, (keys, scopeId, from, to) => {
        const holds = keys.some(
          ([id, at]) =>
            (scopeId === undefined || id === scopeId) &&
            (from === undefined || at >= from) &&
            (to === undefined || at < to),
        );
        if (holds) expect(mayHold(groupOf(keys), scopeId, { from, to })).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is skipped if its scopes, or the times of its only scope, are others', () => {
    const at = (n: number): string => `2026-11-25T00:00:00.00000000${n}Z`;
    const group = groupOf([
      ['b', at(2)],
      ['b', at(4)],
    ]);
    const always = { from: undefined, to: undefined };
    expect(mayHold(group, 'a', always)).toBe(false);
    expect(mayHold(group, 'c', always)).toBe(false);
    expect(mayHold(group, 'b', { from: at(5), to: undefined })).toBe(false);
    expect(mayHold(group, 'b', { from: undefined, to: at(2) })).toBe(false);
    expect(mayHold(group, undefined, { from: at(5), to: undefined })).toBe(false);
    expect(mayHold(group, 'b', { from: at(4), to: undefined })).toBe(true);
  });
});
