import { describe, expect, it } from 'vitest';
import {
  isCompaction,
  isLeastCompacted,
  isMonthFacts,
  leastOf,
  noCompaction,
} from '#domain/compact/compaction.ts';

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

describe('how far all buckets are compacted', () => {
  it('is as far as the least of them, and unknown while one is not', () => {
    const records = ['2026-11-25', '2026-11-24'].map(compacted_to => ({ ...noCompaction(0), compacted_to }));
    expect(leastOf(records)).toBe('2026-11-24');
    expect(leastOf([...records, noCompaction(2)])).toBeNull();
    expect(leastOf([])).toBeNull();
    expect(isLeastCompacted({ format: 1, compacted_to: null })).toBe(true);
    expect(isLeastCompacted({ format: 1 })).toBe(false);
  });
});
