import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFiledObject } from '#domain/archive/filed-object.ts';
import { objectKey, parseObjectKey } from '#domain/archive/layout.ts';
import { readFiledLine } from '#domain/compact/filed-line.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { ledgerObject, lineOf, shard, stream, type TestRow } from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const midnight = '2026-11-20T00:00:00.000000000Z';
const row = (id: number): TestRow => ({
  id,
  scope: id % 2 ? 'odd' : 'even',
  occurredAt: secondsAfter(midnight, id),
  filedAt: secondsAfter(midnight, id + 60),
});

/** An object whose key names its text, whatever that is. */
const objectOfText = (text: Buffer): { key: string; bytes: Buffer } => {
  const key = objectKey({
    lane: 'ontime',
    bucket: 0,
    firstFiledAt: row(1).filedAt,
    stream,
    shard,
    firstSequence: '1',
    lastSequence: '1',
    textSha256: createHash('sha256').update(text).digest('hex'),
  });
  return { key, bytes: gzipSync(text) };
};

describe('the maker of segments', () => {
  it('writes the objects that were added as one segment, and sums what it reads back to the same', async () => {
    const maker = new SegmentMaker(1, 2);
    const first = ledgerObject('ontime', [row(1), row(2), row(3)], 1);
    const second = ledgerObject('ontime', [row(4)], 4);
    expect(maker.add(first.key, first.bytes)).toMatchObject({
      rows: 3,
      firstFiledAt: row(1).filedAt,
      lastFiledAt: row(3).filedAt,
    });
    maker.add(second.key, second.bytes);
    const made = maker.make(1);
    expect(made).toMatchObject({ rows: 3, first_filed_at: row(1).filedAt, last_filed_at: row(3).filedAt });
    expect(made.groups.map(({ rows, first_scope_id }) => [rows, first_scope_id])).toEqual([
      [2, 'even'],
      [1, 'odd'],
    ]);
    expect(made.groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0)).toBe(made.text_bytes);
    expect(await maker.sum(made.bytes)).toEqual({ sha256: made.sha256, rows: 3, rows_sum: made.rows_sum });
    expect(maker.make(1).rows).toBe(1);
    maker.add(second.key, second.bytes);
    maker.clear();
    expect(() => maker.make(1)).toThrow();
  });

  it('adds the rows of a segment to those of objects, to the byte', async () => {
    const maker = new SegmentMaker(1, 2);
    const rows = [row(1), row(2), row(3), row(4)];
    const first = ledgerObject('ontime', rows.slice(0, 3), 1);
    maker.add(first.key, first.bytes);
    const part = maker.make(1);
    // Its first row is an echo of one in the segment.
    const second = ledgerObject('ontime', [row(3), row(4)], 4);
    maker.add(second.key, second.bytes);
    await maker.addSegment(part.bytes);
    const whole = ledgerObject('ontime', rows, 9);
    maker.add(whole.key, whole.bytes);
    expect(maker.make(2)).toEqual(maker.make(1));
    await expect(maker.addSegment(Buffer.from('x'))).rejects.toThrow();
  });

  it('takes exactly the lines that are rows of the ledger and that their cells encode', () => {
    const line = lineOf(row(1)).toString();
    const changed = fc.oneof(
      fc.constantFrom<[string, string]>(
        ['"version":1', '"version":0'],
        ['"version":1', '"version":-1'],
        ['"version":1', '"version":1.5'],
        ['"version":1', '"version":2147483648'],
        ['"version":1', '"version":2147483647'],
        ['"version":1', '"version":"1"'],
        ['"actor":"{', '"actor":"['],
        ['"payload":"{', '"payload":" {'],
        ['"scope":"{', '"scope":"'],
        ['"id":"0', '"id":"x'],
        ['"received_from":"', '"received_from":"\\ud800'],
        ['"received_from":"', '"received_from":"\\ud83d\\ude00'],
        ['"received_from":"', '"received_from":"\u{1f600}'],
        ['"received_from":"', '"received_from":"\\u000B'],
        ['"received_from":"', '"received_from":"\\u000b'],
        ['"received_from":"', '"received_from":"\\/'],
        ['"success":true', '"success":null'],
      ),
      fc
        .record({
          at: fc.nat(line.length - 2),
          length: fc.nat(3),
          by: fc.constantFrom('', 'a', '"', '\\', '{', '0'),
        })
        .map(({ at, length, by }): [string, string] => [line.slice(0, at + length), line.slice(0, at) + by]),
    );
    let taken = 0;
    fc.assert(
      fc.property(changed, ([from, to]) => {
        const text = Buffer.from(line.replace(from, () => to));
        const { key, bytes } = objectOfText(text);
        const { faults } = readFiledObject(bytes, parseObjectKey(key)!, 1);
        const isTaken = faults.length === 0 && !('fault' in readFiledLine(text.subarray(0, -1)));
        expect('fault' in new SegmentMaker(1).add(key, bytes)).toBe(!isTaken);
        if (isTaken) taken += 1;
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(400);
  });

  it('says what is wrong with an object', () => {
    const maker = new SegmentMaker(2);
    const { key, bytes } = ledgerObject('ontime', [row(1)], 1);
    expect(maker.add('x', bytes)).toEqual({ fault: 'its name is not one of ours' });
    expect(maker.add(key, Buffer.from('x'))).toEqual({ fault: 'damaged_object (it is not gzip)' });
    // Of another bucket than its place, if there are two.
    const both = [1, 2].map(id => {
      const object = ledgerObject('ontime', [row(id)], 1);
      return maker.add(object.key, object.bytes);
    });
    expect(both).toContainEqual({ fault: 'misplaced_rows (line 1: it belongs in bucket 01)' });
  });
});
