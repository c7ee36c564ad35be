import { describe, expect, it } from 'vitest';
import type { Gap } from '#domain/archive/gap.ts';
import { reportedGaps } from '#domain/export/reported-gaps.ts';

const noonOf = (day: number) => `2026-11-${String(day).padStart(2, '0')}T12:00:00.000000000Z`;
const gap = (day: number, change: Partial<Gap> = {}): Gap => ({
  cause: 'c',
  bucket: 7,
  filedAt: noonOf(day),
  ...change,
});
const daysOf = (reported: { filed_at: string }[]) =>
  reported.map(({ filed_at }) => Number(filed_at.slice(8, 10)));

describe('the gaps that an export reports', () => {
  const gaps = [gap(1), gap(10), gap(20), gap(21, { bucket: 8 }), gap(22, { bucket: undefined })];

  it('are those of its buckets, from its window on', () => {
    const job = { run: undefined, request: { from: noonOf(10) }, completeTo: noonOf(25) };
    expect(daysOf(reportedGaps(job, [7], gaps))).toEqual([10, 20, 22]);
    expect(reportedGaps(job, [7], [gap(22, { bucket: undefined })])).toEqual([
      { bucket: null, filed_at: noonOf(22), ended_at: null },
    ]);
  });

  it('are, in a run of a schedule, those of what was filed in its window', () => {
    const run = { schedule_id: 's', n: 2, filed_from: noonOf(10), filed_to: noonOf(20) };
    const job = { run, request: {}, completeTo: noonOf(20) };
    expect(daysOf(reportedGaps(job, [7], gaps))).toEqual([10]);
    expect(daysOf(reportedGaps({ ...job, run: { ...run, filed_from: null } }, [7], gaps))).toEqual([1, 10]);
  });

  it('are open, or ended after what the export holds was fixed', () => {
    const job = { run: undefined, request: {}, completeTo: noonOf(15) };
    const ended = [14, 16].map(day => gap(1, { endedAt: noonOf(day) }));
    expect(reportedGaps(job, [7], ended).map(({ ended_at }) => ended_at)).toEqual([noonOf(16)]);
  });
});
