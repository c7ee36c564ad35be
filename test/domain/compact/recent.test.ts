import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keysSha256 } from '#domain/compact/cut.ts';
import type { SegmentFacts } from '#domain/compact/facts.ts';
import type { FinishedRun } from '#domain/compact/progress.ts';
import {
  coveredBy,
  isRecent,
  noRecent,
  runsOf,
  runsToMerge,
  segmentsOfRecent,
  withoutDays,
  withRuns,
} from '#domain/compact/recent.ts';

const segmentOf = (key: string, rows: number): SegmentFacts => ({
  key,
  bytes: 1,
  etag: '"1"',
  sha256: '',
  rows,
  text_bytes: rows * 10,
  first_filed_at: '',
  last_filed_at: '',
  groups: [],
});
const objects = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => ({ key: `object ${from + n}` }));
const runOf = (from: number, to: number): FinishedRun => ({
  objects: to - from,
  keys_sha256: keysSha256(objects(from, to)),
  rows_sum: '',
  segment: segmentOf(`${from}-${to}`, to - from),
});

describe('the runs of a day that is not compacted', () => {
  it('are of the first objects that are listed, as far as these are the same', () => {
    const runs = [runOf(0, 3), runOf(3, 5)];
    const { covered, rest } = coveredBy(runs, objects(0, 7));
    expect(covered.map(each => [each.run, each.objects])).toEqual([
      [runs[0], objects(0, 3)],
      [runs[1], objects(3, 5)],
    ]);
    expect(rest).toEqual(objects(5, 7));
    const without = (gone: number) => objects(0, 7).filter(({ key }) => key !== `object ${gone}`);
    expect(coveredBy(runs, without(4)).covered).toHaveLength(1);
    expect(coveredBy(runs, without(4)).rest).toHaveLength(3);
    expect(coveredBy(runs, without(0))).toEqual({ covered: [], rest: without(0) });
    const withOneMore = [...objects(0, 4), { key: 'object 3.5' }, ...objects(4, 7)];
    expect(coveredBy(runs, withOneMore).covered).toHaveLength(1);
    expect(coveredBy(runs, objects(0, 4)).covered).toHaveLength(1);
  });

  it('stay few, and write a row few times', () => {
    const limits = { rows: 5000, textBytes: 1e9 };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 96 }), added => {
        let runs: FinishedRun[] = [];
        let written = 0;
        for (const rows of added) {
          const merged = runsToMerge(runs, { rows, textBytes: rows * 10 }, limits);
          const of = runs.splice(runs.length - merged);
          const sum = of.reduce((total, { segment }) => total + segment.rows, rows);
          runs = [...runs, { ...runOf(0, 1), segment: segmentOf('x', sum) }];
          written += sum;
          expect(sum).toBeLessThanOrEqual(limits.rows);
        }
        const total = added.reduce((a, b) => a + b, 0);
        expect(runs.reduce((sum, { segment }) => sum + segment.rows, 0)).toBe(total);
        // Those that were not merged for their size are as few as the digits of the number of rows.
        expect(runs.length).toBeLessThanOrEqual(
          2 * Math.ceil(total / limits.rows) + Math.log2(limits.rows) + 1,
        );
        expect(written).toBeLessThanOrEqual(total * (Math.log2(limits.rows) + 1));
      }),
    );
  });

  it('merge with nothing that would be too large', () => {
    const runs = [runOf(0, 4), runOf(4, 6)];
    const limits = { rows: 100, textBytes: 1e9 };
    expect(runsToMerge(runs, { rows: 1, textBytes: 10 }, limits)).toBe(0);
    expect(runsToMerge(runs, { rows: 2, textBytes: 20 }, limits)).toBe(2);
    expect(runsToMerge(runs, { rows: 2, textBytes: 20 }, { ...limits, rows: 7 })).toBe(1);
    expect(runsToMerge(runs, { rows: 2, textBytes: 20 }, { ...limits, textBytes: 79 })).toBe(1);
  });

  it('are kept by day and lane', () => {
    const place = { date: '2026-11-23', lane: 'ontime' as const };
    const one = withRuns(noRecent(1), place, [runOf(0, 3)]);
    const both = withRuns(
      withRuns(one, { ...place, date: '2026-11-22' }, [runOf(0, 1)]),
      { ...place, lane: 'late' },
      [runOf(0, 2)],
    );
    expect(both.days.map(({ date }) => date)).toEqual(['2026-11-22', '2026-11-23']);
    expect(runsOf(both, '2026-11-23', 'late')).toEqual([runOf(0, 2)]);
    expect(segmentsOfRecent(both).map(({ key }) => key)).toEqual(['0-1', '0-3', '0-2']);
    expect(withRuns(one, place, [])).toEqual(noRecent(1));
    expect(
      runsOf(
        withoutDays(both, date => date <= '2026-11-22'),
        '2026-11-22',
        'ontime',
      ),
    ).toEqual([]);
    expect([both, {}, { format: 1, bucket: 0 }].map(each => isRecent(each as typeof both))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
