import { describe, expect, it } from 'vitest';
import { BadSegment } from '#aws/segment-rows.ts';
import { BadSegments } from '#functions/workflows/bad-segments.ts';

describe('segments that cannot be used', () => {
  it('are reported once, with their key and why, and counted', () => {
    const said: object[] = [];
    const counted: object[] = [];
    const bad = new BadSegments(
      (level, message, facts) => void said.push({ level, message, ...facts }),
      values => void counted.push(values),
    );
    const fault = new BadSegment('segments/a', 'is missing');
    expect([bad.took(fault), bad.took(fault), bad.took(new Error('x'))]).toEqual([true, true, false]);
    expect([bad.has('segments/a'), bad.has('segments/b')]).toEqual([true, false]);
    bad.addDay(3, '2026-11-23', 'The ledger has more');
    bad.addDay(3, '2026-11-23', 'The ledger has more');
    expect([bad.hasDay(3, '2026-11-23'), bad.hasDay(3, '2026-11-24')]).toEqual([true, false]);
    expect(said).toEqual([
      expect.objectContaining({
        level: 'error',
        segment: 'segments/a',
        detail: 'The segment segments/a is missing',
      }),
      expect.objectContaining({ bucket: 3, date: '2026-11-23', reason: 'The ledger has more' }),
    ]);
    expect(counted).toEqual([{ SegmentFaults: 1 }, { SegmentFaults: 1 }]);
  });
});
