import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DaySize, estimate, firstDaysOf, planSlices } from '#domain/export/slices.ts';
import { addDays } from '#domain/time.ts';

const at = '2026-11-23T12:00:00.000000000Z';

describe('the slices of an export', () => {
  const day = (date: string, bytes: number): DaySize => ({ lane: 'ontime', date, objects: 1, bytes });
  const open = { from: undefined, to: undefined };

  it('are one where everything is small', () => {
    expect(planSlices([day('2026-11-01', 10), day('2026-11-02', 10)], open, 100)).toEqual([open]);
    expect(planSlices([], open, 100)).toEqual([open]);
  });

  it('are cut between days, and within a day that is too large', () => {
    const cut = (date: string, time = '00:00:00') => `${date}T${time}.000000000Z`;
    const bounds = planSlices(
      [day('2026-11-01', 60), day('2026-11-02', 60), day('2026-11-03', 200), day('2026-11-04', 10)],
      open,
      100,
    ).map(({ from }) => from);
    expect(bounds).toEqual([
      undefined,
      cut('2026-11-02'),
      cut('2026-11-03'),
      cut('2026-11-03', '12:00:00'),
      cut('2026-11-04'),
    ]);
  });

  it('make up the window, without a gap or an overlap, whatever the sizes are', () => {
    const instants = fc.integer({ min: 0, max: 40 }).map(n => addDays('2026-10-25T07:00:00.000000000Z', n));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 1, max: 1000 }))),
        fc.option(instants, { nil: undefined }),
        fc.option(instants, { nil: undefined }),
        (sizes, a, b) => {
          const [from, to] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b];
          if (from !== undefined && from === to) return;
          const days = new Map(sizes.map(([n, bytes]) => [`2026-11-${String(n).padStart(2, '0')}`, bytes]));
          const slices = planSlices(
            [...days].map(([date, bytes]) => day(date, bytes)),
            { from, to },
            100,
          );
          expect(slices[0]!.from).toBe(from);
          expect(slices.at(-1)!.to).toBe(to);
          for (const [at, slice] of slices.entries()) {
            if (at > 0) expect(slice.from).toBe(slices[at - 1]!.to);
            if (slice.from !== undefined && slice.to !== undefined) expect(slice.from < slice.to).toBe(true);
          }
        },
      ),
    );
  });

  it('are estimated by the partitions that they read, at least 10 MiB per query', () => {
    const selection = { scope: { id: 'acme', bucket: 7 }, completeTo: at, floors: undefined };
    const sizes: DaySize[] = [
      day('2026-11-01', 1e9),
      day('2026-11-20', 7),
      { lane: 'late', date: '2026-11-20', objects: 2, bytes: 5 },
    ];
    expect(estimate(sizes, selection, [{ from: '2026-11-10T00:00:00.000000000Z', to: undefined }])).toEqual({
      slices: 1,
      objects: 3,
      bytes: 12,
      estimated_cost_usd: expect.closeTo(10 * 1024 * 1024 * 5e-12, 12),
    });
  });
});

describe('the first days of a ledger', () => {
  it('are those of each lane, and the last day for a lane that holds nothing', () => {
    const day = (date: string): DaySize => ({ lane: 'ontime', date, objects: 1, bytes: 1 });
    expect(firstDaysOf([day('2026-11-02'), day('2026-11-01')], '2026-11-23')).toEqual({
      ontime: '2026-11-01',
      late: '2026-11-23',
    });
    expect(firstDaysOf([], '2026-11-23')).toEqual({ ontime: '2026-11-23', late: '2026-11-23' });
  });
});
