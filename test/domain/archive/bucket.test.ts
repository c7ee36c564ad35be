import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  explicitHashKey,
  isBucketCount,
  parsePartitionKey,
  partitionKey,
} from '#domain/archive/bucket.ts';

describe('a bucket', () => {
  it('is at its old place', () => {
    expect(['acme', '', 'é🦩', 'org-1', 'org-2', 'c-1'].map(id => bucketOf(id, 32))).toEqual([
      26, 1, 23, 10, 15, 20,
    ]);
  });

  it('is one of those there are, evenly', () => {
    const counts = new Array<number>(32).fill(0);
    for (let i = 0; i < 32_000; i++) counts[bucketOf(`account-${i}`, 32)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('is divided in two by twice as many buckets', () => {
    fc.assert(fc.property(fc.string(), id => void expect(bucketOf(id, 64) % 32).toBe(bucketOf(id, 32))));
  });

  it('is named by its partition key, and no other key names it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4095 }),
        bucket => void expect(parsePartitionKey(partitionKey(bucket), 4096)).toBe(bucket),
      ),
    );
    for (const key of ['bucket=32', 'bucket=7', 'bucket=007', 'other', ''])
      expect(parsePartitionKey(key, 32)).toBeUndefined();
  });

  it('has its place in the hash range', () => {
    expect(explicitHashKey(0, 32)).toBe('0');
    expect(explicitHashKey(16, 32)).toBe(String(2n ** 127n));
    expect([1, 2, 32, 4096].map(isBucketCount)).not.toContain(false);
    expect([0, 3, 8192, 1.5].map(isBucketCount)).not.toContain(true);
  });
});
