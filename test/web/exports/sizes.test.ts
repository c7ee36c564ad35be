import { describe, expect, it } from 'vitest';
import { printBytes } from '#web/exports/sizes.ts';

describe('a size', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.00 kB'],
    [12_345, '12.3 kB'],
    [999_600, '1.00 MB'],
    [123_456_789, '123 MB'],
    [5e15, '5000 TB'],
  ])('of %d bytes is %s', (bytes, text) => {
    expect(printBytes(bytes)).toBe(text);
  });
});
