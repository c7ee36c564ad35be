import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxPackBytes } from '#domain/archive/pack.ts';
import {
  encodePart,
  itemKey,
  partsOf,
  partText,
  type RefusedFacts,
  type RefusedPart,
  sha256Hex,
} from '#domain/refused/item.ts';
import { decodeItemRecord, encodeItemRecords, maxItemsInRecord } from '#domain/refused/item-record.ts';

const factsOf = (bytes: Buffer, k: number, change: Partial<RefusedFacts> = {}): RefusedFacts => ({
  key: itemKey('s', sha256Hex(bytes), k),
  sha256: sha256Hex(bytes),
  code: 'not_an_object',
  path: '',
  sender: 's',
  received_at: '2026-11-23T12:00:00.000000000Z',
  request_id: 'r',
  address: null,
  content_type: 'application/json',
  bytes: bytes.length,
  ...change,
});
const noise = randomBytes(2_000_000);
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 300, max: 70_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 400_000, max: 1_400_000 }) },
);
const items = fc.array(fc.record({ size: sizes, from: fc.nat(500_000), isTooLarge: fc.boolean() }), {
  maxLength: 40,
});
const partsOfItems = (given: readonly { size: number; from: number; isTooLarge: boolean }[]): RefusedPart[] =>
  given.flatMap(({ size, from, isTooLarge }, k) => {
    const bytes = noise.subarray(from, from + size);
    return isTooLarge
      ? partsOf(factsOf(bytes, k, { too_large: true }), Buffer.alloc(0))
      : partsOf(factsOf(bytes, k), bytes);
  });

const decode = (data: Buffer): RefusedPart[] => {
  const parts = decodeItemRecord(data);
  if ('fault' in parts) throw new Error(parts.fault);
  return parts;
};

describe('records of refused items', () => {
  it('give back the same items in the same order, whatever their sizes', () => {
    fc.assert(
      fc.property(items, given => {
        const parts = partsOfItems(given);
        const records = encodeItemRecords(parts);
        const read = records.flatMap(({ data }) => decode(data));
        expect(read.map(({ header }) => header)).toEqual(parts.map(({ header }) => header));
        expect(read.every(({ content }, at) => content.equals(parts[at]!.content))).toBe(true);
        expect(records.flatMap(({ places }) => places)).toEqual([...parts.keys()]);
        for (const { data } of records) expect(data.length).toBeLessThanOrEqual(maxPackBytes);
      }),
      { numRuns: 60 },
    );
  });

  it('hold many small items each, within a bound', () => {
    const bytes = Buffer.from('{}');
    const parts = Array.from({ length: 10_000 }, (_, k) => partsOf(factsOf(bytes, k), bytes)[0]!);
    expect(encodeItemRecords(parts)).toHaveLength(10_000 / maxItemsInRecord);
    expect(encodeItemRecords([])).toEqual([]);
  });

  it('of one part are what a part was on the stream in versions before', () => {
    for (const part of partsOfItems([
      { size: 5, from: 0, isTooLarge: false },
      { size: 1_200_000, from: 0, isTooLarge: false },
      { size: 5_000_000, from: 0, isTooLarge: true },
    ])) {
      const [read, ...others] = decode(encodePart(part));
      expect([read!.header, others]).toEqual([part.header, []]);
      expect(read!.content.equals(part.content)).toBe(true);
      const [record] = encodeItemRecords([part]);
      expect(record!.data.equals(encodePart(part))).toBe(true);
    }
  });

  it.each<[string, (small: RefusedPart, half: RefusedPart) => Buffer]>([
    ['not gzip', small => partText(small)],
    ['cut', small => encodePart(small).subarray(0, 30)],
    ['empty', () => gzipSync('')],
    ['not ended by an item', small => gzipSync(Buffer.concat([partText(small), Buffer.from('x')]))],
    [
      'of an item that is not the one of its hash',
      ({ header }) => encodePart({ header, content: Buffer.from('[]') }),
    ],
    [
      'of a part of an item beside another',
      (small, half) => gzipSync(Buffer.concat([partText(small), partText(half)])),
    ],
    ['inflating without end', () => gzipSync(Buffer.alloc(4_000_000))],
  ])('are not read if they are %s', (_, make) => {
    const small = Buffer.from('{}');
    const [part] = partsOf(factsOf(small, 0), small);
    const [half] = partsOf(factsOf(noise, 0), noise);
    expect(decodeItemRecord(make(part!, half!))).toHaveProperty('fault');
  });
});
