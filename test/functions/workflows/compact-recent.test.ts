import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '#domain/archive/layout.ts';
import { encodeFiledLine } from '#domain/compact/filed-line.ts';
import { compactLeaseKey, recentKey } from '#domain/compact/layout.ts';
import { coveredBy, runsOf, segmentsOfRecent } from '#domain/compact/recent.ts';
import { readGroups, rowsOfGroupCells, sourceOf } from '#domain/compact/segment-file.ts';
import { rebuildDay } from '#functions/workflows/rebuild-day.ts';
import {
  compactWorld,
  ledgerObject,
  lineOf,
  noPlaces,
  type Places,
  type TestRow,
  type WorldOptions,
} from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const midnight = '2026-11-25T00:00:00.000000000Z';
const place = { date: '2026-11-25', lane: 'ontime' as const };
const rowAt = (second: number, from = midnight): TestRow => ({
  id: second,
  scope: second % 2 ? 'odd' : 'even',
  occurredAt: secondsAfter(from, second),
  filedAt: secondsAfter(from, second),
});

const openWorld = (change: WorldOptions = {}) => {
  const world = compactWorld({ limits: { rows: 20, textBytes: 1e9 }, leastRecentObjects: 2, ...change });
  const { places } = world;
  /** Files a row a second, each in an object of its own. */
  const fill = (from: number, to: number, start = midnight): void => {
    for (let second = from; second < to; second++)
      world.put(ledgerObject('ontime', [rowAt(second, start)], second));
    world.file(secondsAfter(start, to - 1));
  };
  const recent = async () => (await world.world.compactions.recent(0)).record;
  const recentFiles = (): string[] =>
    [...places.views.keys()].filter(key => key.startsWith('recent/')).sort();
  return { ...world, fill, recent, recentFiles };
};

const inOrder = (places: Places): { key: string }[] =>
  [...places.ledger.keys()]
    .filter(key => parseObjectKey(key)!.firstFiledAt.startsWith(place.date))
    .sort()
    .map(key => ({ key }));

/** What a reader sees: the lines of the segments that are of listed objects, and the objects that are in none. */
const seen = async ({ places, world }: Pick<ReturnType<typeof openWorld>, 'places' | 'world'>) => {
  const { record } = await world.compactions.recent(0);
  const { covered, rest } = coveredBy(record ? runsOf(record, place.date, place.lane) : [], inOrder(places));
  const lines: string[] = [];
  for (const { run } of covered) {
    const file = places.views.get(run.segment.key)!;
    expect(file.etag).toBe(run.segment.etag);
    for await (const group of readGroups(sourceOf(file.bytes)))
      lines.push(...rowsOfGroupCells(group).map(encodeFiledLine));
  }
  return { lines: lines.sort(), rest: rest.length, segments: covered.length };
};
const linesOf = (from: number, to: number, start = midnight): string[] =>
  Array.from({ length: to - from }, (_, n) =>
    lineOf(rowAt(from + n, start))
      .toString()
      .trimEnd(),
  ).sort();

describe('segments of a day that is not compacted', () => {
  it('hold what is filed, in few files, and each replaced file is deleted by the next run', async () => {
    const world = openWorld();
    world.fill(0, 4);
    await world.run();
    expect(await seen(world)).toEqual({ lines: linesOf(0, 4), rest: 0, segments: 1 });
    // One new object is not worth a segment.
    world.fill(4, 5);
    await world.run();
    expect(await seen(world)).toEqual({ lines: linesOf(0, 4), rest: 1, segments: 1 });
    const [first] = world.recentFiles();
    world.fill(5, 8);
    await world.run();
    // Merged, since the first is not larger; whoever reads it now goes on with it.
    expect(await seen(world)).toEqual({ lines: linesOf(0, 8), rest: 0, segments: 1 });
    expect(world.recentFiles()).toContain(first);
    world.fill(8, 10);
    await world.run();
    expect(world.recentFiles()).not.toContain(first);
    expect(await seen(world)).toEqual({ lines: linesOf(0, 10), rest: 0, segments: 2 });
    world.fill(10, 60);
    await world.run();
    await world.run();
    expect(await seen(world)).toMatchObject({ lines: linesOf(0, 60), rest: 0 });
    expect(world.recentFiles()).toEqual(
      segmentsOfRecent((await world.recent())!)
        .map(({ key }) => key)
        .sort(),
    );
    for (const { rows } of segmentsOfRecent((await world.recent())!)) expect(rows).toBeLessThanOrEqual(20);
    expect(world.logged).toEqual([]);
    expect(world.counted.CompactionFaults).toBe(0);
  });

  it('are not made of objects that overlap without end, which memory could not hold', async () => {
    const world = openWorld();
    for (let n = 0; n < 200; n++) world.put(ledgerObject('ontime', [rowAt(n), rowAt(1000 + n)], n));
    world.file(secondsAfter(midnight, 1300));
    let added = 0;
    const { maker } = world.world;
    const { add } = maker;
    maker.add = async (...given) => {
      added += 1;
      return add.apply(maker, given);
    };
    await world.run();
    expect(added).toBeLessThan(200);
    expect(world.recentFiles()).toEqual([]);
    expect(JSON.stringify(world.logged)).toContain('overlap each other');
  });

  it('are of what is filed up to the watermark alone', async () => {
    const world = openWorld();
    world.fill(0, 9);
    world.file(secondsAfter(midnight, 4));
    await world.run();
    expect(await seen(world)).toMatchObject({ lines: linesOf(0, 5), rest: 4 });
  });

  it('end in the same state after crashes at any request, and with two runs at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.record({ request: fc.nat(60), when: fc.constantFrom('before', 'after') }), {
          maxLength: 4,
        }),
        fc.boolean(),
        async (batches, crashes, isTwice) => {
          const places = noPlaces();
          const world = openWorld({ places });
          let filed = 0;
          for (const [at, batch] of batches.entries()) {
            world.fill(filed, filed + batch);
            filed += batch;
            const crash = crashes[at];
            let requests = 0;
            let isDead = false;
            const dying = openWorld({
              places,
              onRequest: when => {
                if (when === 'before') requests += 1;
                if (crash && requests > crash.request && when === crash.when) isDead = true;
                if (isDead) throw new Error('crash');
              },
            });
            dying.clock.nowMs = world.clock.nowMs;
            await dying.run().catch(() => undefined);
            const half = await seen(world).catch(() => undefined);
            if (half) expect(half.lines).toEqual(linesOf(0, half.lines.length));
            world.clock.nowMs += 2 * 60_000;
          }
          const other = openWorld({ places, leaseMs: 0 });
          other.clock.nowMs = world.clock.nowMs;
          world.world.leaseMs = 0;
          await Promise.all([world.run(), ...(isTwice ? [other.run()] : [])]);
          await world.run();
          await world.run();
          // One object alone may be left after a run that is as large as it may be.
          const { lines, rest } = await seen(world);
          expect(rest).toBeLessThan(2);
          expect(lines).toEqual(linesOf(0, filed - rest));
          expect(world.recentFiles()).toEqual(
            segmentsOfRecent((await world.recent())!)
              .map(({ key }) => key)
              .sort(),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are of the last three days that are not compacted, and are deleted once those are', async () => {
    const world = openWorld();
    for (const day of ['21', '22', '23', '24', '25']) world.fill(0, 4, `2026-11-${day}T00:00:00.000000000Z`);
    await world.run();
    expect((await world.recent())!.days.map(({ date }) => date)).toEqual([
      '2026-11-23',
      '2026-11-24',
      '2026-11-25',
    ]);
    world.clock.nowMs += 10 * 60_000;
    await world.run();
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-24');
    expect((await world.recent())!.days.map(({ date }) => date)).toEqual(['2026-11-25']);
    await world.run();
    expect(world.recentFiles()).toEqual(segmentsOfRecent((await world.recent())!).map(({ key }) => key));
    expect(await seen(world)).toEqual({ lines: linesOf(0, 4), rest: 0, segments: 1 });
  });

  it('are made again if an object came between, or if a file is not what was written', async () => {
    const world = openWorld();
    world.fill(0, 16);
    await world.run();
    world.fill(16, 20);
    await world.run();
    expect((await seen(world)).segments).toBe(2);
    // From a run of archive that was believed dead: the second run is no longer of the next objects.
    const zombie = {
      ...rowAt(17),
      id: 999,
      filedAt: secondsAfter(midnight, 17).replace('000000000Z', '000000001Z'),
    };
    world.put(ledgerObject('ontime', [zombie], 1000));
    expect(await seen(world)).toMatchObject({ lines: linesOf(0, 16), segments: 1, rest: 5 });
    await world.run();
    expect(await seen(world)).toMatchObject({
      lines: [...linesOf(0, 20), lineOf(zombie).toString().trimEnd()].sort(),
      rest: 0,
    });
    expect(world.logged).toEqual([]);
    // Missing.
    world.places.views.delete(segmentsOfRecent((await world.recent())!)[1]!.key);
    await world.run();
    expect(await seen(world)).toMatchObject({ segments: 2, rest: 0 });
    // Damage that keeps size and ETag is found when the segment is to be merged.
    const [, second] = segmentsOfRecent((await world.recent())!);
    world.places.views.get(second!.key)!.bytes.fill(0, 10, 20);
    world.fill(20, 30);
    await world.run();
    expect(world.logged).toMatchObject([{ level: 'error', facts: { segment: second!.key } }]);
    expect(world.counted.CompactionFaults).toBeGreaterThan(0);
    await world.run();
    expect(await seen(world)).toMatchObject({ rest: 0 });
    expect((await seen(world)).lines).toHaveLength(31);
  });

  it('are forgotten by a rebuild of their day, and made again', async () => {
    const world = openWorld();
    world.fill(0, 4);
    await world.run();
    const [before] = world.recentFiles();
    world.places.views.get(before!)!.bytes.fill(0, 10, 20);
    expect(await rebuildDay(world.world.compactions, 0, place.date)).toBe('marked');
    expect(await world.recent()).toMatchObject({ days: [] });
    expect(await rebuildDay(world.world.compactions, 0, place.date)).toBe('not_compacted');
    await world.run();
    expect(await seen(world)).toEqual({ lines: linesOf(0, 4), rest: 0, segments: 1 });
  });

  it('are not made of an object that is damaged, which is reported, and other buckets go on', async () => {
    const world = openWorld();
    world.fill(0, 4);
    const [key] = [...world.places.ledger.keys()];
    world.places.ledger.get(key!)!.bytes = Buffer.from('x');
    expect(await world.run()).toBe(1);
    expect(world.logged).toMatchObject([
      { message: 'A bucket could not be compacted', facts: { bucket: 0 } },
    ]);
    expect(await seen(world)).toMatchObject({ segments: 0 });
  });

  it('are made anew if their record is damaged, and left to a run that has the bucket', async () => {
    const world = openWorld();
    world.fill(0, 4);
    await world.run();
    world.places.state.set(recentKey(0), { bytes: Buffer.from('{'), etag: '"x"' });
    await world.world.leases.take(compactLeaseKey(0), 60_000);
    await world.run();
    expect(await world.recent()).toBeUndefined();
    world.clock.nowMs += 61_000;
    await world.run();
    expect(await seen(world)).toEqual({ lines: linesOf(0, 4), rest: 0, segments: 1 });
  });
});
