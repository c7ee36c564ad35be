import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownOf } from '#domain/export/known.ts';
import { estimate, planSlices, weightsOf } from '#domain/export/slices.ts';
import { addDays } from '#domain/time.ts';

const at = '2026-11-23T12:00:00.000000000Z';

describe('the slices of an export', () => {
  const day = (date: string, textBytes: number) => ({ date, textBytes });
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
            [...days].sort().map(([date, bytes]) => day(date, bytes)),
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
    const size = (lane: 'ontime' | 'late', date: string, objects: number, bytes: number) => ({
      lane,
      date,
      objects,
      bytes,
    });
    const ledger = [
      size('ontime', '2026-11-01', 1, 1e9),
      size('ontime', '2026-11-20', 1, 7),
      size('late', '2026-11-20', 2, 5),
    ];
    const known = [knownOf({ buckets: [7], areAll: false, ledger, segments: [], scopeId: 'acme' })];
    const slices = [{ from: '2026-11-10T00:00:00.000000000Z', to: undefined }];
    expect(estimate({ ...selection, known }, slices)).toEqual({
      slices: 1,
      objects: 3,
      bytes: 12,
      estimated_cost_usd: expect.closeTo(10 * 1024 * 1024 * 5e-12, 12),
    });
  });

  it('are cut by the text of the scope: of objects by their size, of segments by their row groups', () => {
    const group = (first: string, last: string, text_bytes: number, day: string) => ({
      rows: 1,
      text_bytes,
      first_scope_id: first,
      last_scope_id: last,
      first_occurred_at: `${day}T00:00:00.000000000Z`,
      last_occurred_at: `${day}T01:00:00.000000000Z`,
    });
    const segment = (...groups: ReturnType<typeof group>[]) => ({
      ...{ key: '', bytes: 10, etag: '', sha256: '', rows: 1, first_filed_at: '', last_filed_at: '' },
      text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
      groups,
    });
    const known = knownOf({
      buckets: [7],
      areAll: false,
      scopeId: 'acme',
      ledger: [
        { lane: 'ontime', date: '2026-11-03', objects: 1, bytes: 10 },
        { lane: 'late', date: '2026-11-03', objects: 1, bytes: 1000 },
      ],
      segments: [
        {
          lane: 'ontime',
          date: '2026-11-02',
          segments: [segment(group('a', 'b', 100, '2026-11-02'), group('b', 'c', 1000, '2026-11-02'))],
        },
        {
          lane: 'late',
          date: '2026-11-02',
          segments: [segment(group('acme', 'acme', 50, '2026-10-01'), group('acme', 'b', 60, '2026-10-02'))],
        },
      ],
    });
    expect(weightsOf([known])).toEqual([
      { date: '2026-10-01', textBytes: 50 },
      { date: '2026-11-02', textBytes: 100 },
      { date: '2026-11-03', textBytes: 80 },
    ]);
  });
});
