import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { segmentKey } from '#domain/compact/layout.ts';
import { compactDay, hasItsSegments, namedKey } from '#functions/workflows/compact-day.ts';
import { compactWorld, ledgerObject, linesOfSegments, type TestRow } from '#test/support/compact-world.ts';
import { secondsAfter } from '#test/support/segment-rows.ts';

const date = '2026-11-20';
const midnight = `${date}T00:00:00.000000000Z`;
const row = (id: number, second = id): TestRow => ({
  id,
  scope: 'acme',
  occurredAt: secondsAfter(midnight, second),
  filedAt: secondsAfter(midnight, second),
});

/** A day of one bucket with these objects in lane ontime, and how to compact it. */
const openDay = (objects: readonly { key: string; bytes: Buffer }[], options = {}) => {
  const world = compactWorld(options);
  for (const object of objects) world.put(object);
  const day = { date, lanes: { ontime: objects.map(({ key }) => namedKey(key)) } };
  const task = { bucket: 0, day, limits: world.world.limits, isOwner: async () => true, hasTime: () => true };
  return { ...world, task, compact: () => compactDay(world.world, task) };
};

const foreign = segmentKey({ lane: 'late', bucket: 0, date, n: 7, sha256: 'f'.repeat(64) });

describe('compaction of a day', () => {
  it('deletes what is foreign in the partition before it begins', async () => {
    const { compact, places, world } = openDay([ledgerObject('ontime', [row(1)], 1)]);
    places.views.set(foreign, { bytes: Buffer.from('x'), etag: '"x"' });
    const facts = await compact();
    expect([...places.views.keys()]).toEqual(facts!.lanes.ontime!.segments.map(({ key }) => key));
    expect(await hasItsSegments(world, 0, facts!)).toBe(true);
    places.views.set(foreign, { bytes: Buffer.from('x'), etag: '"x"' });
    expect(await hasItsSegments(world, 0, facts!)).toBe(false);
  });

  it('deletes nothing that an open export may read, nor once another run has the bucket', async () => {
    const { compact, places, world, task } = openDay([ledgerObject('ontime', [row(1)], 1)]);
    places.views.set(foreign, { bytes: Buffer.from('x'), etag: '"x"' });
    world.isFrozen = async (bucket, day) => bucket === 0 && day === date;
    await expect(compact()).rejects.toThrow('An open export reads the segments of 2026-11-20');
    world.isFrozen = async () => false;
    task.isOwner = async () => false;
    await expect(compact()).rejects.toThrow('Another run of compact has changed bucket 0; this one ends');
    expect([...places.views.keys()]).toEqual([foreign]);
  });

  it('does not end if a file came into the partition, or an object into the day', async () => {
    const { compact, places, put, world } = openDay([ledgerObject('ontime', [row(1)], 1)]);
    const { sum } = world.maker;
    world.maker.sum = bytes => {
      places.views.set(foreign, { bytes: Buffer.from('x'), etag: '"x"' });
      return sum(bytes);
    };
    await expect(compact()).rejects.toThrow('Another run of compact has changed the segments of 2026-11-20');
    world.maker.sum = bytes => {
      put(ledgerObject('late', [{ ...row(2), occurredAt: '2026-11-10T00:00:00.000000000Z' }], 2));
      return sum(bytes);
    };
    places.state.clear();
    await expect(compact()).rejects.toThrow('Another run of compact has changed the objects of 2026-11-20');
  });

  it('stops at an object that is missing, damaged, not ours, or not the text of its name', async () => {
    const whole = ledgerObject('ontime', [row(1)], 1);
    const missing = openDay([whole]);
    missing.places.ledger.clear();
    await expect(missing.compact()).rejects.toThrow(`The ledger lists ${whole.key} and does not have it`);
    for (const [bytes, fault] of [
      [whole.bytes.subarray(0, -4), 'damaged_object (it is cut)'],
      [
        Buffer.concat([whole.bytes, Buffer.from('x')]),
        'damaged_object (1 bytes after member 1 are no member',
      ],
      [gzipSync('{}\n'), 'damaged_object (its text is not the one that its name says)'],
    ] as const)
      await expect(openDay([{ key: whole.key, bytes }]).compact()).rejects.toThrow(fault);
    expect(() => namedKey('events/lane=ontime/bucket=00/date=2026-11-20/x')).toThrow(
      'is not the name of an object',
    );
  });

  it('stops if what was stored is not what was written', async () => {
    const { compact, world } = openDay([ledgerObject('ontime', [row(1)], 1)]);
    const { sum } = world.maker;
    world.maker.sum = async bytes => ({ ...(await sum(bytes)), rows_sum: '0'.repeat(64) });
    await expect(compact()).rejects.toThrow('does not hold the rows that were written to it');
  });

  it('keeps objects that overlap in one segment, so that an echo is one row', async () => {
    const rows = [1, 2, 3, 4, 5, 6].map(id => row(id));
    const { compact, places } = openDay([
      ledgerObject('ontime', rows, 1),
      ledgerObject('ontime', rows.slice(2), 3),
      ledgerObject('ontime', [row(9)], 9),
    ]);
    const facts = await compact();
    expect(facts!.lanes.ontime!.segments.map(segment => segment.rows)).toEqual([6, 1]);
    expect((await linesOfSegments(places))[`ontime ${date}`]).toHaveLength(7);
  });
});
