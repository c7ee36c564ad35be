import { describe, expect, it } from 'vitest';
import { SegmentRows } from '#aws/segment-rows.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { Budget } from '#domain/browse/budget.ts';
import type { Reading } from '#domain/browse/cursor.ts';
import type { Position } from '#domain/browse/event-key.ts';
import { noRecent } from '#domain/compact/recent.ts';
import { addDays, type Instant } from '#domain/time.ts';
import { startOf, stepBack, type Walk } from '#functions/workflows/walk-back.ts';
import { buckets, type Delivery, openBrowseWorld, uuid } from '#test/support/browse-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = (time: string, day = '23'): Instant => `2026-11-${day}T${time}.000000000Z`;
const event = (n: number, occurredAt: Instant, filedAt = occurredAt, change = {}): Delivery => ({
  id: uuid(n),
  occurredAt,
  filedAt,
  scope: 'acme',
  ...change,
});
const walkOf = (completeTo: Instant, change: Partial<Walk> = {}): Walk => ({
  buckets: [bucketOf('acme', buckets)],
  selected: { scopeId: 'acme' },
  columns: [],
  compactions: new Map(),
  compactedTo: undefined,
  recent: async bucket => noRecent(bucket),
  from: undefined,
  completeTo,
  filedFrom: undefined,
  isMatch: () => true,
  limits: { matches: 100, bytes: 1e9, events: 1000 },
  budget: new Budget({ milliseconds: 1e9, bytesRead: 1e9 }, () => 0),
  ...change,
});
/** Whatever it does, it has no time left. */
const noBudget = () => new Budget({ milliseconds: 0, bytesRead: 0 }, () => 0);

/** All steps of a walk, each with a budget that is spent. */
const stepsOf = async (world: Awaited<ReturnType<typeof openBrowseWorld>>['world'], walk: Walk) => {
  const ids: string[] = [];
  let position: Position = startOf(walk.completeTo, undefined);
  let reading: Reading | undefined;
  let steps = 0;
  for (;;) {
    expect(++steps).toBeLessThan(2000);
    const step = await stepBack(world, { ...walk, budget: noBudget() }, position, reading);
    if ('reading' in step) {
      reading = step.reading;
      continue;
    }
    reading = undefined;
    ids.push(...step.events.map(({ row }) => row.cells.id as string));
    if (!step.upTo) return { ids, steps };
    position = step.upTo;
  }
};

describe('a walk back', () => {
  it('decides by the first copy, which may be of another day and lane', async () => {
    const { world, file } = await openBrowseWorld();
    await file(
      [
        event(1, at('10:00:00'), at('10:00:01'), { change: { success: false } }),
        // A conflict that was filed later, in lane late: its second copy says something else.
        event(1, at('10:00:00'), at('12:00:00', '25'), { change: { success: true } }),
        event(2, at('10:00:00', '24'), at('10:00:01', '24')),
      ],
      at('13:00:00', '25'),
    );
    const step = await stepBack(
      world,
      walkOf(at('13:00:00', '25'), { isMatch: ({ success }) => success === true }),
      startOf(at('13:00:00', '25'), undefined),
      undefined,
    );
    expect(step).toMatchObject({ events: [{ key: { id: uuid(2) } }], upTo: undefined });
  });

  it('sees nothing that was filed at the end of its view or later', async () => {
    const { world, file } = await openBrowseWorld();
    await file([event(1, at('10:00:00')), event(2, at('10:00:01'))], at('10:00:01'));
    const step = await stepBack(world, walkOf(at('10:00:01')), startOf(at('10:00:01'), undefined), undefined);
    expect(step).toMatchObject({ events: [{ key: { id: uuid(1) } }] });
  });

  it('without a budget gets on with every call, and gives every event once, in order', async () => {
    const { world, file } = await openBrowseWorld();
    const events: Delivery[] = [];
    // More objects than are read between two looks at the budget, over days with and without any.
    for (let n = 0; n < 200; n++) {
      const occurredAt = addDays(at(`10:${String(n % 60).padStart(2, '0')}:00`, '01'), n % 7);
      events.push(event(n, occurredAt, n % 5 === 0 ? addDays(occurredAt, 1 + (n % 11)) : occurredAt));
      if (n % 9 === 0) events.push(event(n, occurredAt, addDays(occurredAt, 12)));
    }
    for (const one of events) await file([one], at('23:00:00', '23'));
    const { ids, steps } = await stepsOf(world, walkOf(at('23:00:00', '23')));
    const newest = new Map(events.map(({ id, occurredAt }) => [id, occurredAt + id]));
    expect(ids).toEqual([...newest.keys()].sort((a, b) => (newest.get(a)! < newest.get(b)! ? 1 : -1)));
    expect(steps).toBeGreaterThan(10);
  });

  it('reads compacted days from their segments, and what cannot be used from the ledger', async () => {
    const { world, file, compact, got, said, counted, places } = await openBrowseWorld();
    // None is kept as a whole.
    world.segmentRows = new SegmentRows(memoryBucket('views', places.views).objects, 0);
    const days = Array.from({ length: 10 }, (_, n) => addDays(at('10:00:00', '01'), n));
    await file(
      days.map((day, n) => event(n, day)),
      days.at(-1)!,
    );
    await compact();
    const walk = walkOf(addDays(days.at(-1)!, 1));
    const compactions = new Map([[walk.buckets[0]!, await world.segmentDays.compaction(walk.buckets[0]!)]]);
    const compactedTo = compactions.get(walk.buckets[0]!)!.compactedTo;
    expect(compactedTo).toBe('2026-11-09');
    const idsOf = async () => {
      got.splice(0);
      const step = await stepBack(
        world,
        { ...walk, compactions, compactedTo },
        startOf(walk.completeTo, undefined),
        undefined,
      );
      const ids =
        'events' in step ? await Promise.all(step.events.map(async ({ row }) => (await row.whole()).id)) : [];
      return { ids, objects: got.filter(key => key.startsWith('ledger/')).length };
    };
    const all = days.map((_, n) => uuid(n)).reverse();
    expect(await idsOf()).toEqual({ ids: all, objects: 1 });
    expect(counted).toEqual({});
    const [one] = [...places.views.keys()];
    places.views.delete(one!);
    expect((await idsOf()).ids).toEqual(all);
    expect(counted).toEqual({ SegmentFaults: 1 });
    expect(said).toEqual([
      expect.objectContaining({
        segment: one,
        message: 'Segments cannot be used, and the ledger is read in their place',
      }),
    ]);
    // It is remembered, and only its day is read from the ledger.
    expect((await idsOf()).objects).toBe(0);
    // Of a day that had an object after it was compacted, the ledger is read too.
    const late = event(99, days[8]!, addDays(days[8]!, 0).replace('10:00:00', '11:00:00'));
    await file([late], days.at(-1)!);
    const fresh = await openBrowseWorld();
    fresh.places.ledger.clear();
    for (const name of ['ledger', 'state', 'views'] as const)
      for (const [key, stored] of places[name]) fresh.places[name].set(key, stored);
    const step = await stepBack(
      fresh.world,
      { ...walk, compactions, compactedTo },
      startOf(walk.completeTo, undefined),
      undefined,
    );
    expect('events' in step && step.events.map(({ key }) => key.id)).toContain(uuid(99));
    expect(fresh.said).toContainEqual(expect.objectContaining({ date: '2026-11-09' }));
  });

  it.each([
    ['the last compacted days', /date=2026-11-0[34]/],
    ['the first days', /date=2026-11-0[12]/],
    ['all days', /date=/],
  ])('reads from segments what the ledger has lost, of %s too', async (_, lostDays) => {
    const { world, file, compact, places } = await openBrowseWorld();
    const days = Array.from({ length: 5 }, (_, n) => addDays(at('10:00:00', '01'), n));
    await file(
      days.map((day, n) => event(n, day)),
      days.at(-1)!,
    );
    await compact();
    for (const key of places.ledger.keys()) if (lostDays.test(key)) places.ledger.delete(key);
    const walk = walkOf(addDays(days.at(-1)!, 1));
    const compaction = await world.segmentDays.compaction(walk.buckets[0]!);
    expect(compaction.compactedTo).toBe('2026-11-04');
    const lost = {
      ...walk,
      compactions: new Map([[compaction.bucket, compaction]]),
      compactedTo: '2026-11-04',
    };
    const step = await stepBack(world, lost, startOf(walk.completeTo, undefined), undefined);
    const found = 'events' in step ? step.events.map(({ key }) => key.id) : [];
    // The fifth day is not compacted.
    const all = lostDays.test('date=2026-11-05') ? [3, 2, 1, 0] : [4, 3, 2, 1, 0];
    expect(found).toEqual(all.map(uuid));
  });

  it('stops reading once nothing older is of use', async () => {
    const { world, file, got } = await openBrowseWorld();
    const events = Array.from({ length: 20 }, (_, n) => event(n, addDays(at('10:00:00', '01'), n)));
    for (const one of events) await file([one], at('13:00:00', '25'));
    const walk = walkOf(at('13:00:00', '25'), { limits: { matches: 1, bytes: 1e9, events: 1 } });
    const step = await stepBack(world, walk, startOf(walk.completeTo, undefined), undefined);
    expect(step).toMatchObject({ events: [{ key: { id: uuid(19) } }] });
    // What occurred on one day may be filed a day before and a day after it.
    expect(got.filter(key => key.startsWith('ledger/')).length).toBeLessThan(4);
  });
});
