import { describe, expect, it } from 'vitest';
import { monthsBetween } from '#domain/compact/months.ts';

describe('months', () => {
  it('are those from one to another, both included', () => {
    expect(monthsBetween('2026-11', '2027-02')).toEqual(['2026-11', '2026-12', '2027-01', '2027-02']);
    expect(monthsBetween('2026-11', '2026-11')).toEqual(['2026-11']);
    expect(monthsBetween('2026-11', '2026-10')).toEqual([]);
  });
});
