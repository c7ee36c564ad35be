import { describe, expect, it } from 'vitest';
import { byteRange, contentRange } from '#embedded/storage/byte-range.ts';

describe('a range of bytes', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=2-4', { first: 2, last: 4 }],
    ['bytes=2-', { first: 2, last: 9 }],
    ['bytes=2-400', { first: 2, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-30', { first: 0, last: 9 }],
  ])('%s of ten is those bytes', (range, part) => {
    expect(byteRange(range, 10)).toEqual(part);
  });

  it.each([undefined, '', 'bytes=-', 'bytes=4-2', 'bytes=1-2,4-5', 'items=1-2'])(
    '%s is the whole object',
    range => {
      expect(byteRange(range, 10)).toBeUndefined();
    },
  );

  it.each([
    ['bytes=10-', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
  ])('%s of %s bytes is refused', (range, bytes) => {
    expect(() => byteRange(range, bytes)).toThrow(expect.objectContaining({ name: 'InvalidRange' }));
  });

  it('is answered with its place in the object', () => {
    expect(contentRange({ first: 2, last: 4 }, 10)).toBe('bytes 2-4/10');
  });
});
