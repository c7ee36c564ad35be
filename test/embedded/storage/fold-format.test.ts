import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeDirectory,
  decodeHead,
  decodeSection,
  decodeTrailer,
  encodeHead,
  encodeIndex,
  type FoldedObject,
  inSections,
  trailerBytes,
} from '#embedded/storage/fold-format.ts';
import { keyOf } from '#test/support/folded-bucket.ts';

const objectOf = (n: number, bucket: number): FoldedObject => ({
  key: keyOf('2026-11-25', n, bucket),
  etag: `"${n}-1"`,
  writtenMs: n,
  offset: n * 100,
  bytes: 50,
  crc: n,
});

describe('a frame', () => {
  it('is read back, and never if a bit of its head is changed', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), fc.nat(), (key, body, at) => {
        const frame = encodeHead({ key }, Buffer.from(body));
        const padded = Buffer.concat([Buffer.alloc(3), frame]);
        expect(decodeHead(padded, 3, 1000)).toMatchObject({
          head: { key },
          offset: 1000 + 3 + frame.length,
          bytes: body.length,
        });
        const bit = at % (frame.length * 8);
        frame[bit >> 3]! ^= 1 << (bit & 7);
        expect(decodeHead(frame, 0, 0)).toBeUndefined();
      }),
    );
  });

  it('is not read from zeros, nor if it is cut', () => {
    expect(decodeHead(Buffer.alloc(100), 0, 0)).toBeUndefined();
    const frame = encodeHead({ key: 'k' });
    for (let length = 0; length < frame.length; length++)
      expect(decodeHead(frame.subarray(0, length), 0, 0)).toBeUndefined();
  });
});

describe('the index of a fold', () => {
  const objects = [
    ...Array.from({ length: 2500 }, (_, n) => objectOf(n, 1)),
    ...Array.from({ length: 3 }, (_, n) => objectOf(n, 2)),
  ];

  it('has sections of one folder and at most a thousand objects, that hold all of them in order', () => {
    expect(inSections(objects).map(({ length }) => length)).toEqual([1000, 1000, 500, 3]);
    const end = 5000;
    const file = Buffer.concat([Buffer.alloc(end), encodeIndex(objects, end)]);
    const trailer = file.subarray(-trailerBytes);
    const { offset, bytes } = decodeTrailer(trailer)!;
    expect(offset + bytes + trailerBytes).toBe(file.length);
    const sections = decodeDirectory(file.subarray(offset, offset + bytes), trailer)!;
    expect(sections.map(one => one.objects)).toEqual([1000, 1000, 500, 3]);
    const read = sections.flatMap(one =>
      decodeSection(one.folder, file.subarray(one.offset, one.offset + one.bytes)),
    );
    expect(read).toEqual(objects);
    expect(sections[0]!.folder + sections[0]!.first).toBe(objects[0]!.key);
    expect(sections[3]!.folder + sections[3]!.last).toBe(objects.at(-1)!.key);
  });

  it('is not taken from a trailer or a directory that is damaged', () => {
    const index = encodeIndex(objects.slice(0, 5), 0);
    const trailer = Buffer.from(index.subarray(-trailerBytes));
    const { offset, bytes } = decodeTrailer(trailer)!;
    const directory = Buffer.from(index.subarray(offset, offset + bytes));
    directory[3]! ^= 1;
    expect(decodeDirectory(directory, trailer)).toBeUndefined();
    trailer[20]! ^= 1;
    expect(decodeTrailer(trailer)).toBeUndefined();
    expect(decodeTrailer(Buffer.alloc(3))).toBeUndefined();
  });
});
