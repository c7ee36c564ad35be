import { describe, expect, it } from 'vitest';
import type { SegmentFacts } from '#domain/compact/facts.ts';
import { alignBounds, knownOf } from '#domain/export/known.ts';
import { dayOf, november } from '#test/support/filed-days.ts';

const group = (first: string | null, last: string | null, text_bytes: number) => ({
  rows: 1,
  text_bytes,
  first_scope_id: first,
  last_scope_id: last,
  first_occurred_at: november(1),
  last_occurred_at: november(2),
});
const segment = (...groups: ReturnType<typeof group>[]): SegmentFacts => ({
  key: 'k',
  bytes: 100,
  etag: 'e',
  sha256: 's',
  rows: groups.length,
  text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
  first_filed_at: november(1),
  last_filed_at: november(2),
  groups,
});

describe('the last days that buckets are read from segments', () => {
  it('stay what they are if few are different', () => {
    const bounds = [dayOf(3), undefined, dayOf(1), dayOf(3)];
    expect(alignBounds(bounds)).toEqual(bounds);
    expect(alignBounds([undefined])).toEqual([undefined]);
  });

  it('become few, and none becomes a later day', () => {
    const bounds = [undefined, ...Array.from({ length: 20 }, (_, n) => dayOf(n + 1))];
    const aligned = alignBounds(bounds, 4);
    expect(new Set(aligned).size).toBeLessThanOrEqual(4);
    for (const [n, bound] of aligned.entries()) expect((bound ?? '') <= (bounds[n] ?? '')).toBe(true);
    expect(aligned[0]).toBeUndefined();
    expect(aligned.at(-1)).toBe(dayOf(18));
  });
});

describe('what is known', () => {
  const ledger = [
    { lane: 'ontime' as const, date: dayOf(4), objects: 2, bytes: 5 },
    { lane: 'late' as const, date: dayOf(4), objects: 1, bytes: 1 },
  ];
  const segments = [
    {
      lane: 'ontime' as const,
      date: dayOf(2),
      segments: [segment(group('a', 'b', 10), group('b', 'c', 30))],
    },
    { lane: 'ontime' as const, date: dayOf(1), segments: [segment(group('a', 'a', 10))] },
    { lane: 'ontime' as const, date: dayOf(2), segments: [segment(group('b', null, 50))] },
  ];

  it('of a scope is, of each day in order, the row groups that may hold it', () => {
    const known = knownOf({ buckets: [7], areAll: false, ledger, segments, scopeId: 'b' });
    expect(known).toMatchObject({ buckets: [7], areAll: false });
    expect(known.segments.ontime).toEqual([
      {
        date: dayOf(2),
        objects: 2,
        parts: [
          { bytes: 25, textBytes: 10, group: group('a', 'b', 10) },
          { bytes: 75, textBytes: 30, group: group('b', 'c', 30) },
          { bytes: 100, textBytes: 50, group: group('b', null, 50) },
        ],
      },
    ]);
    expect(known.segments.late).toEqual([]);
    expect(known.ledger).toEqual({
      ontime: [{ date: dayOf(4), objects: 2, parts: [{ bytes: 5, textBytes: 40 }] }],
      late: [{ date: dayOf(4), objects: 1, parts: [{ bytes: 1, textBytes: 8 }] }],
    });
  });

  it('of all scopes is one part a day', () => {
    const known = knownOf({ buckets: [7], areAll: true, ledger, segments, scopeId: undefined });
    expect(known.segments.ontime).toEqual([
      { date: dayOf(1), objects: 1, parts: [{ bytes: 100, textBytes: 10 }] },
      { date: dayOf(2), objects: 2, parts: [{ bytes: 200, textBytes: 90 }] },
    ]);
  });
});
