import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GroupFacts, mayHold, spanOfGroup } from '#domain/compact/facts.ts';
import { compareKeys, type RowKey } from '#domain/compact/row-order.ts';

const instant = fc.integer({ min: 0, max: 9 }).map(n => `2026-11-25T00:00:00.00000000${n}Z`);
const scope = fc.constantFrom('a', 'b', 'b\ue000', 'b\u{10000}', 'c', undefined);
const rows = fc.array(fc.tuple(scope, instant), { minLength: 1, maxLength: 8 });

const groupOf = (keys: RowKey[], hasTimes = true): GroupFacts => {
  const sorted = [...keys].sort(compareKeys);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  return {
    rows: keys.length,
    text_bytes: 0,
    first_scope_id: first[0] ?? null,
    last_scope_id: last[0] ?? null,
    first_occurred_at: first[1],
    last_occurred_at: last[1],
    ...(hasTimes && first[0] !== last[0]
      ? {
          least_occurred_at: keys.map(([, at]) => at).sort()[0]!,
          greatest_occurred_at: keys
            .map(([, at]) => at)
            .sort()
            .at(-1)!,
        }
      : {}),
  };
};

describe('a row group', () => {
  it('is never skipped if it holds a row that is asked for', () => {
    const limit = fc.option(instant, { nil: undefined });
    fc.assert(
      fc.property(rows, scope, limit, limit, fc.boolean(), (keys, scopeId, from, to, hasTimes) => {
        const holds = keys.some(
          ([id, at]) =>
            (scopeId === undefined || id === scopeId) &&
            (from === undefined || at >= from) &&
            (to === undefined || at < to),
        );
        if (holds) expect(mayHold(groupOf(keys, hasTimes), scopeId, { from, to })).toBe(true);
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

  it('of several scopes is skipped by the times of all its rows, if they are known', () => {
    const at = (n: number): string => `2026-11-25T00:00:00.00000000${n}Z`;
    const keys: RowKey[] = [
      ['a', at(3)],
      ['b', at(2)],
      ['b', at(5)],
      ['c', at(4)],
    ];
    for (const scopeId of ['b', undefined]) {
      for (const window of [
        { from: at(6), to: undefined },
        { from: undefined, to: at(2) },
      ]) {
        expect(mayHold(groupOf(keys), scopeId, window)).toBe(false);
        expect(mayHold(groupOf(keys, false), scopeId, window)).toBe(true);
      }
      expect(mayHold(groupOf(keys), scopeId, { from: at(5), to: undefined })).toBe(true);
    }
    expect(spanOfGroup(groupOf(keys))).toEqual({ least: at(2), greatest: at(5) });
    expect(spanOfGroup(groupOf(keys, false))).toBeUndefined();
    expect(spanOfGroup(groupOf(keys.slice(1, 3)))).toEqual({ least: at(2), greatest: at(5) });
  });
});
