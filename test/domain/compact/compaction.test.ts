import { describe, expect, it } from 'vitest';
import { isCompaction, isMonthFacts, noCompaction } from '#domain/compact/compaction.ts';

describe('the record of a compaction', () => {
  it('is whole with its format and bucket, and a day if there is one', () => {
    expect(isCompaction(noCompaction(3))).toBe(true);
    expect(isCompaction({ ...noCompaction(3), compacted_to: '2026-11-25' })).toBe(true);
    expect(isCompaction({ ...noCompaction(3), compacted_to: 'yesterday' })).toBe(false);
    expect(isCompaction({ bucket: 3 })).toBe(false);
    expect(isMonthFacts({ format: 1, bucket: 3, month: '2026-11', days: [] })).toBe(true);
    expect(isMonthFacts({ format: 1, bucket: 3, month: '2026-11' })).toBe(false);
  });
});
