import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsTable, segmentsTable } from '#domain/archive/columns.ts';
import { lanes } from '#domain/archive/lane.ts';
import type { GroupFacts } from '#domain/compact/facts.ts';
import {
  daysRead,
  type KnownBuckets,
  type KnownDay,
  maxPartitions,
  type Read,
  readsOf,
  type Selection,
  type Slice,
} from '#domain/export/reads.ts';
import { daysBetween } from '#domain/time.ts';
import { dayOf, november } from '#test/support/filed-days.ts';

const at = november(23);
const scope = { id: 'acme', bucket: 7 };
const everything: Slice = { from: undefined, to: undefined };
const day = (date: string, group?: GroupFacts): KnownDay => ({
  date,
  objects: 1,
  parts: [{ bytes: 10, textBytes: 80, ...(group ? { group } : {}) }],
});
const none = { ontime: [], late: [] };
const selection = (known?: KnownBuckets[], change: Partial<Selection> = {}): Selection => ({
  scope,
  completeTo: at,
  floors: undefined,
  known,
  ...change,
});
const known = (change: Partial<KnownBuckets>): KnownBuckets => ({
  buckets: [7],
  areAll: false,
  segments: none,
  ledger: none,
  ...change,
});
const reads = ({ days }: Read, date: string): boolean =>
  'dates' in days
    ? days.dates.includes(date)
    : (days.first === undefined || days.first <= date) && date <= days.last;

describe('what a statement reads', () => {
  it('is lane ontime from the day before a window to the day after it, and lane late from its first day', () => {
    const days = (slice: Slice) =>
      daysRead(selection(), slice).map(({ lane, first, last }) => [lane, first, last]);
    expect(days({ from: november(10, '05:00:00'), to: november(12, '00:00:00') })).toEqual([
      ['ontime', dayOf(9), dayOf(13)],
      ['late', dayOf(10), dayOf(23)],
    ]);
    expect(days(everything)).toEqual([
      ['ontime', undefined, dayOf(23)],
      ['late', undefined, dayOf(23)],
    ]);
    // A window that begins after the last day that there can be.
    expect(days({ from: november(29), to: undefined })).toEqual([
      ['ontime', dayOf(23), dayOf(23)],
      ['late', dayOf(23), dayOf(23)],
    ]);
  });

  it('is all of the ledger in these days if nothing is known, and one day of it if nothing is there', () => {
    expect(readsOf(selection(), everything)).toMatchObject([
      { table: eventsTable, lane: 'ontime', buckets: [7], days: { first: undefined, last: dayOf(23) } },
      { table: eventsTable, lane: 'late' },
    ]);
    expect(readsOf(selection([known({})]), everything)).toMatchObject([
      { table: eventsTable, lane: 'ontime', days: { first: dayOf(23), last: dayOf(23) } },
    ]);
  });

  it('is from the first to the last day that a lane has, and no lane that has none', () => {
    const ledger = { ontime: [5, 6, 7].map(n => day(dayOf(n))), late: [] };
    expect(readsOf(selection([known({ ledger })]), everything)).toMatchObject([
      { lane: 'ontime', days: { first: dayOf(5), last: dayOf(7) }, objects: 3, bytes: 30 },
    ]);
  });

  it('is only the days that may hold the scope, one by one if they are few', () => {
    const of = (first: string, last: string): GroupFacts => ({
      rows: 1,
      text_bytes: 80,
      first_scope_id: first,
      last_scope_id: last,
      first_occurred_at: november(1),
      last_occurred_at: november(9),
    });
    const ontime = [
      day(dayOf(2), of('aa', 'b')),
      day(dayOf(3), of('b', 'c')),
      day(dayOf(4), of('acme', 'acme')),
      day(dayOf(6), of('a', 'acme')),
    ];
    const segments = { ontime, late: [] };
    expect(readsOf(selection([known({ segments })]), everything)).toMatchObject([
      { table: segmentsTable, days: { dates: [dayOf(2), dayOf(4), dayOf(6)] }, objects: 3 },
    ]);
    // The one of the 4th has nothing after the 9th; the others may have.
    const later = { from: november(9, '12:00:01'), to: undefined };
    const many = [1, 2, 3].flatMap(() => ontime);
    expect(readsOf(selection([known({ segments: { ontime: many, late: [] } })]), later)).toMatchObject([
      { table: eventsTable, days: { first: dayOf(23) } },
    ]);
  });

  it('is cut by buckets if it has too many partitions, and then names them', () => {
    const buckets = Array.from({ length: 4096 }, (_, n) => n);
    const dates = Array.from({ length: 300 }, (_, n) =>
      new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10),
    );
    const ledger = { ontime: dates.map(date => day(date)), late: [] };
    const all = readsOf(
      selection([known({ buckets, areAll: true, ledger })], { scope: undefined }),
      everything,
    );
    expect(all.flatMap(read => read.buckets!)).toEqual(buckets);
    expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(3000);
    for (const { buckets: some, days } of all) {
      const { first, last } = days as { first: string; last: string };
      expect(some!.length * daysBetween(first, last)).toBeLessThanOrEqual(maxPartitions);
    }
    const few = known({ buckets: buckets.slice(0, 1000), areAll: true, ledger });
    expect(readsOf(selection([few], { scope: undefined }), everything)).toMatchObject([
      { buckets: undefined },
    ]);
  });

  it('is each day that holds something from exactly one table, whatever is known', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 23 }), { maxLength: 23 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ to: fc.integer({ min: 0, max: 23 }), ontime: numbers, late: numbers }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.option(fc.integer({ min: 1, max: 23 }), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 23 }), { nil: undefined }),
        (groups, a, b) => {
          const from = a === undefined ? undefined : november(a);
          const to = b === undefined || (a !== undefined && b <= a) ? undefined : november(b);
          const all = groups.map(({ to: bound, ...numbersOf }, n): KnownBuckets => {
            const some = (holds: (day: number) => boolean) => ({
              ontime: numbersOf.ontime
                .filter(holds)
                .sort((x, y) => x - y)
                .map(x => day(dayOf(x))),
              late: numbersOf.late
                .filter(holds)
                .sort((x, y) => x - y)
                .map(x => day(dayOf(x))),
            });
            return known({ buckets: [n], segments: some(x => x <= bound), ledger: some(x => x > bound) });
          });
          const found = readsOf(selection(all, { scope: undefined }), { from, to });
          const ranges = daysRead(selection(), { from, to });
          for (const { buckets, segments, ledger } of all)
            for (const lane of lanes) {
              const range = ranges.find(one => one.lane === lane)!;
              for (const [table, days] of [
                [segmentsTable, segments[lane]],
                [eventsTable, ledger[lane]],
              ] as const)
                for (const { date } of days) {
                  const tables = found
                    .filter(
                      one => one.lane === lane && one.buckets?.includes(buckets[0]!) && reads(one, date),
                    )
                    .map(one => one.table);
                  const isAsked = (range.first === undefined || date >= range.first) && date <= range.last;
                  if (isAsked) expect(tables).toEqual([table]);
                  else expect(tables).not.toContain(table === segmentsTable ? eventsTable : segmentsTable);
                }
            }
        },
      ),
    );
  });
});
