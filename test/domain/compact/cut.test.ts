import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '#domain/archive/layout.ts';
import { inOrder, keysSha256, limitsAfter, type ObjectExtent, Run, runLimits } from '#domain/compact/cut.ts';
import { ledgerObject } from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const midnight = '2026-11-20T00:00:00.000000000Z';
const extent = (from: number, to: number, rows = 1, textBytes = 1): ObjectExtent => ({
  rows,
  textBytes,
  firstFiledAt: secondsAfter(midnight, from),
  lastFiledAt: secondsAfter(midnight, to),
});

describe('the cut of a day', () => {
  it('ends a run before the object with which it would have too many rows or too much text', () => {
    const run = new Run({ rows: 10, textBytes: 100 });
    expect(run.endsBefore(extent(0, 1, 11))).toBe(false);
    run.add(extent(0, 1, 9, 90));
    expect(run.endsBefore(extent(2, 2, 1, 10))).toBe(false);
    expect(run.endsBefore(extent(2, 2, 2, 10))).toBe(true);
    expect(run.endsBefore(extent(2, 2, 1, 11))).toBe(true);
  });

  it('keeps objects that overlap, or meet at one instant, in one run, up to a bound', () => {
    const run = new Run({ rows: 10, textBytes: 100 });
    run.add(extent(0, 5, 9));
    run.add(extent(1, 2, 9));
    expect(run.endsBefore(extent(5, 9, 9))).toBe(false);
    expect(run.endsBefore(extent(6, 9, 9))).toBe(true);
    expect(run.isTooLarge).toBe(false);
    for (let n = 0; n < 8; n++) run.add(extent(3, 4, 9));
    expect(run.isTooLarge).toBe(true);
    const large = new Run({ rows: 10, textBytes: 100 });
    large.add(extent(0, 5, 1000));
    expect(large.isTooLarge).toBe(false);
  });

  it('orders objects by their first filed_at, whatever the form of their keys', () => {
    const rows = (second: number) => [
      { id: 1, scope: 'a', occurredAt: midnight, filedAt: secondsAfter(midnight, second) },
    ];
    const keys = [3, 1, 2].map(second => ledgerObject('ontime', rows(second), 1).key);
    const listed = keys.map(key => ({ key, name: parseObjectKey(key)! }));
    expect(inOrder(listed).map(({ key }) => key)).toEqual([keys[1], keys[2], keys[0]]);
    expect(keysSha256([{ key: 'a' }, { key: 'b' }])).toBe(
      createHash('sha256').update('a\nb\n').digest('hex'),
    );
    expect(keysSha256([{ key: 'a' }, { key: 'b' }])).not.toBe(keysSha256([{ key: 'a\nb' }].slice(0, 0)));
  });

  it('takes half of what it took after each crash, and never nothing', () => {
    expect(limitsAfter(0, runLimits)).toEqual(runLimits);
    expect(limitsAfter(2, { rows: 8000, textBytes: 2 ** 25 })).toEqual({ rows: 2000, textBytes: 2 ** 23 });
    expect(limitsAfter(99, runLimits)).toEqual({ rows: 1000, textBytes: 2 ** 20 });
    expect(limitsAfter(3, { rows: 5, textBytes: 10 })).toEqual({ rows: 5, textBytes: 10 });
  });
});
