import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lane } from '#domain/archive/lane.ts';
import { addDays } from '#domain/time.ts';
import { compactBucket } from '#functions/workflows/compact-bucket.ts';
import { MakerCrashed } from '#functions/workflows/compact-world.ts';
import {
  compactWorld,
  ledgerObject,
  linesOfLedger,
  linesOfSegments,
  noPlaces,
  type Places,
  type TestRow,
} from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const firstDay = '2026-11-20T00:00:00.000000000Z';
const at = (day: number, second: number) => secondsAfter(addDays(firstDay, day), second);

type Delivery = {
  day: number;
  lane: Lane;
  second: number;
  rows: { id: number; scope: string }[];
  echo: boolean;
};

const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    day: fc.nat(3),
    lane: fc.constantFrom<Lane>('ontime', 'late'),
    second: fc.integer({ min: 0, max: 80_000 }),
    // Few ids: copies of the same event are filed again and again.
    rows: fc.array(fc.record({ id: fc.nat(6), scope: fc.constantFrom('acme', 'beta') }), {
      minLength: 1,
      maxLength: 6,
    }),
    echo: fc.boolean(),
  }),
  { maxLength: 12 },
);

const rowsOf = ({ day, lane, second, rows }: Delivery, nth: number): TestRow[] =>
  rows.map(({ id, scope }, n) => {
    const filedAt = at(day, second).replace(/\d{9}Z$/, `${String(nth * 100 + n).padStart(9, '0')}Z`);
    return { id, scope, occurredAt: addDays(at(day, second), lane === 'late' ? -5 : 0), filedAt };
  });

/** Puts what was delivered into the ledger; an echo is filed again, with another cut. */
const fill = (places: Places, given: readonly Delivery[]): void => {
  const { put } = compactWorld({ places });
  given.forEach((delivery, nth) => {
    const rows = rowsOf(delivery, nth);
    put(ledgerObject(delivery.lane, rows, nth * 100 + 1));
    if (!delivery.echo) return;
    put(ledgerObject(delivery.lane, rows.slice(0, 1), nth * 100 + 1));
    if (rows.length > 1) put(ledgerObject(delivery.lane, rows.slice(1), nth * 100 + 2));
  });
};

const expectCompacted = async (places: Places, to: string): Promise<void> => {
  const { compaction, months } = compactWorld({ places });
  expect((await compaction()).record.compacted_to).toBe(to);
  const ledger = linesOfLedger(places);
  expect(await linesOfSegments(places)).toEqual(ledger);
  const facts = await months('2026-11');
  const rows = facts.flatMap(({ date, lanes }) =>
    Object.entries(lanes).map(([lane, { rows }]) => [`${lane} ${date}`, rows]),
  );
  expect(Object.fromEntries(rows)).toEqual(
    Object.fromEntries(Object.entries(ledger).map(([day, lines]) => [day, lines.length])),
  );
  const known = facts.flatMap(({ lanes }) => Object.values(lanes).flatMap(({ segments }) => segments));
  expect(known.map(({ key }) => key).sort()).toEqual([...places.views.keys()].sort());
  for (const { key, bytes, etag } of known)
    expect({ bytes: places.views.get(key)!.bytes.length, etag: places.views.get(key)!.etag }).toEqual({
      bytes,
      etag,
    });
};

describe('compaction of a bucket', () => {
  it('makes segments of every closed day, with each row of the ledger once', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async given => {
        const places = noPlaces();
        fill(places, given);
        const world = compactWorld({ places });
        world.file(at(4, 60));
        await world.settle();
        await expectCompacted(places, '2026-11-23');
        expect(world.counted.CompactionFaults).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('ends in the same state after crashes at any request, and with two runs at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        deliveries,
        fc.array(fc.record({ request: fc.nat(60), when: fc.constantFrom('before', 'after') }), {
          maxLength: 4,
        }),
        fc.boolean(),
        async (given, crashes, isTwice) => {
          const places = noPlaces();
          fill(places, given);
          const world = compactWorld({ places });
          world.file(at(4, 60));
          await world.run();
          world.clock.nowMs += 10 * 60_000;
          for (const crash of crashes) {
            let requests = 0;
            let isDead = false;
            const dying = compactWorld({
              places,
              limits: { rows: 4, textBytes: 1e9 },
              onRequest: when => {
                if (when === 'before') requests += 1;
                if (requests > crash.request && when === crash.when) isDead = true;
                if (isDead) throw new Error('crash');
              },
            });
            dying.clock.nowMs = world.clock.nowMs;
            await dying.run().catch(() => undefined);
            // Its lease has run out.
            world.clock.nowMs += 2 * 60_000;
          }
          const runs = [world, ...(isTwice ? [compactWorld({ places, leaseMs: 0 })] : [])];
          // Without leases both work at the same time.
          if (isTwice) {
            world.world.leaseMs = 0;
            runs[1]!.clock.nowMs = world.clock.nowMs;
          }
          await Promise.all(runs.map(each => each.run()));
          await world.run();
          await expectCompacted(places, '2026-11-23');
        },
      ),
      { numRuns: 80 },
    );
  });

  const oneDay = (places: Places, day = 0, id = 1): void =>
    fill(places, [{ day, lane: 'ontime', second: 100, rows: [{ id, scope: 'acme' }], echo: false }]);

  it('waits until the watermark has stood past the end of a day for longer than archive can run', async () => {
    const world = compactWorld();
    oneDay(world.places);
    world.file(at(0, 86_399));
    await world.settle();
    expect((await world.compaction()).record.closed_to).toBe('2026-11-19');
    world.file(at(1, 0));
    await world.run();
    world.clock.nowMs += 6 * 60_000 - 1;
    await world.run();
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-19');
    expect(world.places.views.size).toBe(0);
    world.clock.nowMs += 1;
    await world.run();
    await expectCompacted(world.places, '2026-11-20');
  });

  it('passes days without events in one move', async () => {
    const world = compactWorld();
    oneDay(world.places);
    world.file(at(3, 1));
    await world.settle();
    await expectCompacted(world.places, '2026-11-22');
    const written = [...world.places.state.keys()].filter(key => key.startsWith('compact/'));
    expect(written.filter(key => key.includes('/facts/'))).toEqual(['compact/bucket=00/facts/2026-11.json']);
  });

  it('takes back a day to which an object came later, with an alarm, and compacts it anew', async () => {
    const world = compactWorld();
    for (const day of [0, 1]) oneDay(world.places, day);
    world.file(at(2, 1));
    await world.settle();
    const kept = [...world.places.views.keys()].find(key => key.includes('2026-11-21'))!;
    const before = world.places.views.get(kept);
    // A run that was believed dead.
    fill(world.places, [{ day: 0, lane: 'late', second: 9, rows: [{ id: 5, scope: 'acme' }], echo: false }]);
    let asked = 0;
    await world.run(() => asked++ === 0);
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-19');
    expect(world.counted.CompactionFaults).toBe(1);
    await world.run();
    await expectCompacted(world.places, '2026-11-21');
    // The day after it was proven before, and is as it was.
    expect(world.places.views.get(kept)).toBe(before);
  });

  it('keeps the segments of a day of which the ledger has lost objects, with an alarm', async () => {
    const world = compactWorld();
    oneDay(world.places);
    fill(world.places, [{ day: 0, lane: 'late', second: 9, rows: [{ id: 5, scope: 'acme' }], echo: false }]);
    world.file(at(1, 1));
    await world.settle();
    const segments = [...world.places.views.keys()];
    const facts = await world.months('2026-11');
    const objects = [...world.places.ledger.keys()];
    expect(objects.length).toBeGreaterThan(1);
    for (const lost of [objects.slice(0, 1), objects]) {
      for (const key of lost) world.places.ledger.delete(key);
      world.counted.CompactionFaults = 0;
      await world.run();
      expect(world.counted.CompactionFaults).toBe(1);
      expect(await world.months('2026-11')).toEqual(facts);
      expect([...world.places.views.keys()]).toEqual(segments);
      expect((await world.compaction()).record.compacted_to).toBe('2026-11-20');
    }
  });

  it('stops at a day of which objects and a segment are lost, rather than delete the last copy of a row', async () => {
    const world = compactWorld();
    const rows = [{ id: 5, scope: 'acme' }];
    oneDay(world.places);
    fill(world.places, [{ day: 0, lane: 'late', second: 9, rows, echo: false }]);
    world.file(at(1, 1));
    await world.settle();
    const [first, ...rest] = [...world.places.views.keys()];
    expect(rest.length).toBeGreaterThan(0);
    world.places.ledger.delete([...world.places.ledger.keys()][0]!);
    world.places.views.delete(first!);
    const facts = await world.months('2026-11');
    // The day before it is compacted anew, and so this one is looked at again.
    const held = await world.world.compactions.get(0);
    await world.world.compactions.put({ ...held.record, compacted_to: '2026-11-19' }, held);
    for (let n = 0; n < 2; n++) await world.run();
    expect(world.logged.at(-1)!.facts.detail).toContain('"annals rebuild --bucket 00 --date 2026-11-20"');
    expect([...world.places.views.keys()]).toEqual(rest);
    expect(await world.months('2026-11')).toEqual(facts);
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-19');
    // An operator who accepts the loss has segments made of what is left.
    const stopped = await world.world.compactions.get(0);
    await world.world.compactions.put({ ...stopped.record, rebuild: ['2026-11-20'] }, stopped);
    await world.run();
    await expectCompacted(world.places, '2026-11-20');
  });

  it('stops if rows were filed more than a day ahead of its clock', async () => {
    const world = compactWorld();
    oneDay(world.places);
    world.file(at(1, 1));
    world.clock.nowMs = Date.parse('2026-11-19T00:00:00Z');
    await world.settle();
    expect(world.counted.CompactionFaults).toBe(2);
    expect(world.logged[0]!.facts.detail).toContain('more than a day ahead of the clock');
    expect(world.places.views.size).toBe(0);
  });

  it('goes on with a large day where the last run had to end', async () => {
    const world = compactWorld();
    const many = Array.from({ length: 8 }, (_, n): Delivery => {
      const rows = Array.from({ length: 4 }, (_, id) => ({ id, scope: 'acme' }));
      return { day: 0, lane: 'ontime', second: n * 10, rows, echo: false };
    });
    fill(world.places, many);
    world.file(at(1, 1));
    await world.run();
    world.clock.nowMs += 10 * 60_000;
    for (let run = 1; run < 8; run++) {
      const progress = world.places.views.size;
      let isTimeUp = false;
      world.world.metrics = ({ CompactedRows }) => {
        if (CompactedRows) isTimeUp = true;
      };
      await world.run(() => !isTimeUp);
      expect(world.places.views.size).toBe(progress + 1);
      expect((await world.compaction()).record.compacted_to).toBeUndefined();
    }
    await world.run();
    await expectCompacted(world.places, '2026-11-20');
    expect(world.places.views.size).toBe(8);
  });

  it('takes half the rows after each crash of a day', async () => {
    const world = compactWorld({ limits: { rows: 8000, textBytes: 1e9 } });
    oneDay(world.places);
    world.file(at(1, 1));
    const { maker } = world.world;
    const tried: unknown[] = [];
    world.world.maker = { ...maker, add: () => Promise.reject(new MakerCrashed('out of memory')) };
    await world.settle();
    for (let n = 0; n < 5; n++) {
      tried.push((await world.compaction()).record.attempt);
      await world.run();
    }
    expect(tried).toMatchObject(
      [8000, 4000, 2000, 1000, 1000].map((rows, n) => ({ rows, failures: n + 1, date: '2026-11-20' })),
    );
    world.world.maker = maker;
    await world.run();
    await expectCompacted(world.places, '2026-11-20');
    expect((await world.compaction()).record.attempt).toMatchObject({ failures: 0 });
  });

  it('leaves a bucket that another run has', async () => {
    const world = compactWorld();
    oneDay(world.places);
    world.file(at(1, 1));
    await world.run();
    world.clock.nowMs += 10 * 60_000;
    const lease = await world.world.leases.take('compact/bucket=00/lease.json', 1000);
    await world.run();
    expect(world.places.views.size).toBe(0);
    await world.world.leases.giveBack(lease!);
    await world.run();
    await expectCompacted(world.places, '2026-11-20');
  });

  it('costs two lists and two gets, and writes nothing, if nothing is to be done', async () => {
    const first = compactWorld();
    for (const day of [0, 1, 2]) oneDay(first.places, day);
    first.file(at(3, 1));
    await first.settle();
    const asked: string[] = [];
    const idle = compactWorld({
      places: first.places,
      onRequest: (when, operation, key) => {
        if (when === 'before') asked.push(`${operation.replace('Command', '')} ${key.split('/')[0]}`);
      },
    });
    idle.clock.nowMs = first.clock.nowMs;
    const watermarks = await idle.world.watermarks.all();
    asked.length = 0;
    expect(await compactBucket(idle.world, { bucket: 0, watermarks, hasTime: () => true })).toBe('done');
    expect(asked).toEqual([
      'GetObject state',
      'GetObject state',
      'ListObjectsV2 ledger',
      'ListObjectsV2 ledger',
    ]);
  });
});
