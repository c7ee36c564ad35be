import { describe, expect, it } from 'vitest';
import { bucketOf } from '#domain/archive/bucket.ts';
import { parseObjectKey } from '#domain/archive/layout.ts';
import { runLimits } from '#domain/compact/cut.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { addDays, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { inThisThread } from '#functions/workflows/compact-world.ts';
import { buckets, type Delivery, openBrowseWorld, uuid } from '#test/support/browse-world.ts';

const midnight = Date.parse('2026-11-23T00:00:00Z');
const minute = 60_000;
const at = (minutes: number, more = 0): Instant => instantOfMilliseconds(midnight + minutes * minute, more);
const eventAt = (n: number, minutes: number, change: Partial<Delivery> = {}): Delivery => ({
  id: uuid(n),
  occurredAt: at(minutes),
  filedAt: at(minutes, 1),
  scope: 'acme',
  ...change,
});

/** A day with an object every ten minutes, in segments but for the last of them. */
const openDay = async (budget = { milliseconds: 1e9, bytesRead: 1e9 }) => {
  const world = await openBrowseWorld({ budget, nowMs: () => 0 });
  for (let n = 0; n < 20; n++) await world.file([eventAt(n, n * 10)], at(n * 10, 1));
  await world.compactRecently();
  for (let n = 20; n < 24; n++) await world.file([eventAt(n, n * 10)], at(n * 10, 1));
  const ids = async (change: object = {}) =>
    (await world.pages({ scope_id: 'acme', limit: 100, ...change })).flatMap(({ events }) =>
      events.map(({ id }) => id),
    );
  const readOf = (place: string): string[] => world.got.filter(key => key.startsWith(place));
  return { ...world, ids, readOf };
};
const allIds = (count = 24): string[] => Array.from({ length: count }, (_, n) => uuid(count - 1 - n));

describe('a day that is not compacted', () => {
  it('is read from its segments, and from the ledger only what they are not of', async () => {
    const { ids, readOf } = await openDay();
    expect(await ids()).toEqual(allIds());
    expect(readOf('ledger/').map(key => parseObjectKey(key.slice(7))!.firstFiledAt)).toEqual(
      [20, 21, 22, 23].map(n => at(n * 10, 1)).reverse(),
    );
    expect(readOf('views/recent/').length).toBeGreaterThan(0);
  });

  it('is read from the ledger where that lists an object that the segments are not of', async () => {
    const { ids, file, readOf } = await openDay();
    await file([eventAt(100, 5)], at(230, 1));
    expect((await ids()).sort()).toEqual([...allIds(), uuid(100)].sort());
    expect(readOf('ledger/').length).toBeGreaterThan(20);
  });

  it('is read from the ledger where a segment cannot be used, which is reported once', async () => {
    const { ids, places, said, counted, readOf } = await openDay();
    const [first] = [...places.views.keys()];
    places.views.get(first!)!.bytes.fill(0, 10, 20);
    expect(await ids()).toEqual(allIds());
    expect(await ids()).toEqual(allIds());
    expect(said.filter(({ segment }) => segment === first)).toHaveLength(1);
    expect(counted).toEqual({ SegmentFaults: 1 });
    expect(readOf('ledger/').length).toBeLessThan(24);
  });

  it('shows nothing that was filed after a cursor was given, though a segment holds it', async () => {
    const { compactRecently, page, ids, file } = await openDay();
    const first = await page({ scope_id: 'acme', limit: 3 });
    for (let n = 24; n < 60; n++) await file([eventAt(n, n * 10)], at(n * 10, 1));
    await compactRecently();
    expect(await ids({ limit: 3, cursor: first.cursor })).toEqual(allIds().slice(3));
    expect((await page({ scope_id: 'acme', limit: 1 })).events[0]!.id).toBe(uuid(59));
  });

  it('loses nothing if segments take the place of objects while a reading of it goes on', async () => {
    // The first call reads 64 objects, of which the last is late, and its budget ends.
    const { file, page, pages, compactRecently } = await openBrowseWorld({
      budget: { milliseconds: 1e9, bytesRead: 1 },
      nowMs: () => 0,
    });
    const late = eventAt(1, 12 * 60, { occurredAt: addDays(at(0), -3) });
    await file([eventAt(2, 600)], at(600, 1));
    // It begins before the late one, and what was filed after that is the newest of all.
    await file([eventAt(3, 660), late, eventAt(4, 780, { occurredAt: at(1300) })], at(780, 1));
    for (let n = 0; n < 63; n++) await file([eventAt(10 + n, 800 + n)], at(800 + n, 1));
    await file([], at(1000));
    const first = await page({ scope_id: 'acme', limit: 100 });
    expect(first).toMatchObject({ events: [], cursor: expect.any(String) });
    await compactRecently();
    const found = await pages({ scope_id: 'acme', limit: 100, cursor: first.cursor });
    expect(found.flatMap(({ events }) => events).map(({ id }) => id)).toEqual([
      uuid(4),
      ...Array.from({ length: 63 }, (_, n) => uuid(72 - n)),
      uuid(3),
      uuid(2),
      uuid(1),
    ]);
  });

  it('of a busy bucket costs at most 100 reads at 23:50, with two days before it that are not compacted', async () => {
    const world = await openBrowseWorld({ budget: { milliseconds: 1e9, bytesRead: 1e9 }, nowMs: () => 0 });
    const bucket = bucketOf('acme', buckets);
    const other = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].find(scope => bucketOf(scope, buckets) === bucket)!;
    const rare = [300, 2 * 1440 + 7, 3 * 1440 - 11];
    // A batch each half minute, as archive has them on AWS; compact comes by at the quarters.
    for (let minutes = 0; minutes < 3 * 1440 - 10; minutes += 0.5) {
      const scope = rare.includes(minutes) ? 'acme' : other;
      await world.file([eventAt(minutes * 2, minutes, { scope })], at(minutes, 1));
      const isBusy = minutes > 3 * 1440 - 120;
      if (minutes % (isBusy ? 15 : 180) === 14)
        await world.compactRecently({ limits: runLimits, maker: inThisThread(new SegmentMaker(buckets)) });
    }
    world.got.splice(0);
    const found = await world.page({ scope_id: 'acme', limit: 100 });
    expect(found.events.map(({ id }) => id)).toEqual(rare.map(minutes => uuid(minutes * 2)).reverse());
    expect(found.cursor).toBeNull();
    expect(world.got.length).toBeLessThanOrEqual(100);
  }, 60_000);

  it('is not looked for in segments while it has few objects', async () => {
    const { world, ids, got } = await openDay();
    world.leastRecentObjects = 100;
    expect(await ids()).toEqual(allIds());
    expect(got.filter(key => key.includes('recent'))).toEqual([]);
    expect(bucketOf('acme', buckets)).toBeLessThan(buckets);
  });
});
