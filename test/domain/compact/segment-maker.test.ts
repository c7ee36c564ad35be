import { describe, expect, it } from 'vitest';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { ledgerObject, type TestRow } from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const midnight = '2026-11-20T00:00:00.000000000Z';
const row = (id: number): TestRow => ({
  id,
  scope: id % 2 ? 'odd' : 'even',
  occurredAt: secondsAfter(midnight, id),
  filedAt: secondsAfter(midnight, id + 60),
});

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
    expect(both).toContainEqual({ fault: 'misplaced_rows (line 1: it belongs into bucket 01)' });
  });
});
