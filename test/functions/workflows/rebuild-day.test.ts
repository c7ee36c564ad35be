import { describe, expect, it } from 'vitest';
import { rebuildDay } from '#functions/workflows/rebuild-day.ts';
import { compactWorld, ledgerObject, linesOfLedger, linesOfSegments } from '#test/support/compact-world.ts';

const compacted = async () => {
  const world = compactWorld();
  for (const date of ['2026-11-20', '2026-11-21', '2026-11-22']) {
    const filedAt = `${date}T01:00:00.000000000Z`;
    world.put(ledgerObject('ontime', [{ id: 1, scope: 'acme', occurredAt: filedAt, filedAt }], 1));
  }
  world.file('2026-11-23T00:00:00.000000000Z');
  await world.settle();
  const segmentOf = (date: string) => [...world.places.views.keys()].find(key => key.includes(date))!;
  return { ...world, segmentOf };
};

describe('a day that is to be rebuilt', () => {
  it('is taken back and made again, and the days after it are not', async () => {
    const { world, places, run, compaction, segmentOf } = await compacted();
    const before = new Map(places.views);
    // Damage that keeps size and ETag.
    places.views.get(segmentOf('2026-11-21'))!.bytes.fill(0);
    expect(await rebuildDay(world.compactions, 0, '2026-11-21')).toBe('marked');
    expect((await compaction()).record).toMatchObject({
      compacted_to: '2026-11-20',
      rebuild: ['2026-11-21'],
    });
    expect(await rebuildDay(world.compactions, 0, '2026-11-21')).toBe('marked');
    await run();
    expect((await compaction()).record.compacted_to).toBe('2026-11-22');
    expect((await compaction()).record.rebuild).toBeUndefined();
    expect(await linesOfSegments(places)).toEqual(linesOfLedger(places));
    const isKept = (date: string) => places.views.get(segmentOf(date)) === before.get(segmentOf(date));
    expect(['2026-11-20', '2026-11-21', '2026-11-22'].map(isKept)).toEqual([true, false, true]);
  });

  it('is made again although it was the last one that was compacted', async () => {
    const { world, places, run, segmentOf } = await compacted();
    const before = places.views.get(segmentOf('2026-11-22'));
    await rebuildDay(world.compactions, 0, '2026-11-22');
    await run();
    expect(places.views.get(segmentOf('2026-11-22'))).not.toBe(before);
    expect(await linesOfSegments(places)).toEqual(linesOfLedger(places));
  });

  it('keeps its segments while an open export may read them', async () => {
    const { world, places, run, compaction, segmentOf } = await compacted();
    world.isFrozen = async () => true;
    await rebuildDay(world.compactions, 0, '2026-11-21');
    const before = places.views.get(segmentOf('2026-11-21'));
    await run();
    expect(places.views.get(segmentOf('2026-11-21'))).toBe(before);
    expect((await compaction()).record.compacted_to).toBe('2026-11-20');
    world.isFrozen = async () => false;
    await run();
    expect((await compaction()).record.compacted_to).toBe('2026-11-22');
  });

  it('keeps the segments of days after it that the ledger has lost, with an alarm', async () => {
    const { world, places, run, compaction, months, counted, segmentOf } = await compacted();
    const [, second, third] = [...places.ledger.keys()].sort();
    const after = async () => (await months('2026-11')).filter(({ date }) => date > '2026-11-20');
    const facts = await after();
    expect(facts).toHaveLength(2);
    for (const lost of [second!, third!]) {
      places.ledger.delete(lost);
      counted.CompactionFaults = 0;
      await rebuildDay(world.compactions, 0, '2026-11-20');
      await run();
      expect((await compaction()).record.compacted_to).toBe('2026-11-22');
      expect(counted.CompactionFaults).toBeGreaterThan(0);
      expect(await after()).toEqual(facts);
      for (const date of ['2026-11-21', '2026-11-22']) expect(segmentOf(date)).toBeDefined();
    }
  });

  it('keeps the facts of a day that the ledger has lost, even if its segment is missing', async () => {
    const { world, places, run, compaction, months, segmentOf } = await compacted();
    const after = async () => (await months('2026-11')).filter(({ date }) => date > '2026-11-20');
    const facts = await after();
    expect(facts).toHaveLength(2);
    places.ledger.delete([...places.ledger.keys()].sort()[1]!);
    places.views.delete(segmentOf('2026-11-21'));
    await rebuildDay(world.compactions, 0, '2026-11-20');
    await run();
    expect((await compaction()).record.compacted_to).toBe('2026-11-22');
    expect(await after()).toEqual(facts);
  });

  it('has no segments after it if the ledger has lost it', async () => {
    const { world, places, run, compaction, months, segmentOf } = await compacted();
    places.ledger.delete([...places.ledger.keys()].sort()[1]!);
    await rebuildDay(world.compactions, 0, '2026-11-21');
    await run();
    expect((await compaction()).record).toMatchObject({ compacted_to: '2026-11-22' });
    expect((await compaction()).record.rebuild).toBeUndefined();
    expect(segmentOf('2026-11-21')).toBeUndefined();
    expect((await months('2026-11')).map(({ date }) => date)).toEqual(['2026-11-20', '2026-11-22']);
  });

  it('may be one at which compact has stopped, since the ledger and the segments lack rows', async () => {
    const { world, places, put, run, compaction, segmentOf } = await compacted();
    const filedAt = '2026-11-21T02:00:00.000000000Z';
    put(ledgerObject('ontime', [{ id: 2, scope: 'acme', occurredAt: filedAt, filedAt }], 5));
    await run();
    await run();
    expect((await compaction()).record.compacted_to).toBe('2026-11-22');
    places.ledger.delete([...places.ledger.keys()].sort()[1]!);
    places.views.delete(segmentOf('2026-11-21'));
    await rebuildDay(world.compactions, 0, '2026-11-20');
    await run();
    expect((await compaction()).record.compacted_to).toBe('2026-11-20');
    expect(await rebuildDay(world.compactions, 0, '2026-11-21')).toBe('marked');
    await run();
    expect((await compaction()).record.compacted_to).toBe('2026-11-22');
    expect(await linesOfSegments(places)).toEqual(linesOfLedger(places));
  });

  it('is none that is not compacted', async () => {
    const { world, compaction } = await compacted();
    const before = (await compaction()).record;
    expect(await rebuildDay(world.compactions, 0, '2026-11-23')).toBe('not_compacted');
    expect((await compaction()).record).toEqual(before);
  });
});
