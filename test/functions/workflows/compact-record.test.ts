import { describe, expect, it } from 'vitest';
import type { DayFacts } from '#domain/compact/facts.ts';
import { HeldRecord, takeBack } from '#functions/workflows/compact-record.ts';
import { compactWorld } from '#test/support/compact-world.ts';

const facts = (date: string): DayFacts => ({ date, lanes: {} });

const open = async () => {
  const world = compactWorld();
  const { compactions } = world.world;
  const hold = async () => new HeldRecord(compactions, await compactions.get(0));
  return { ...world, hold, held: await hold() };
};

describe('the record of a bucket that a run holds', () => {
  it('is changed by the run that came last, and by no other', async () => {
    const { held, hold, compaction } = await open();
    await held.change({ closed_to: '2026-11-20' });
    const later = await hold();
    await later.change({ closed_to: '2026-11-21' });
    expect(await held.isOwn()).toBe(false);
    expect(await later.isOwn()).toBe(true);
    await expect(held.moveTo('2026-11-20', undefined)).rejects.toThrow(
      'Another run of compact has changed bucket 0',
    );
    expect((await compaction()).record).toEqual({ format: 1, bucket: 0, closed_to: '2026-11-21' });
  });

  it('loses members that are set to undefined', async () => {
    const { held, compaction } = await open();
    await held.change({ closing: { date: '2026-11-20', seen_at: '2026-11-21T00:00:00.000000000Z' } });
    await held.change({ closing: undefined });
    expect((await compaction()).record).toEqual({ format: 1, bucket: 0 });
  });

  it('has the facts of a day before it passes it, and of no passed day that was not proven now', async () => {
    const { held, months } = await open();
    await held.moveTo('2026-10-30', facts('2026-10-30'));
    await held.moveTo('2026-11-02', facts('2026-11-02'));
    await held.moveTo('2026-11-03', facts('2026-11-03'));
    const dates = async () => (await months('2026-10', '2026-11')).map(({ date }) => date);
    expect(await dates()).toEqual(['2026-10-30', '2026-11-02', '2026-11-03']);
    expect([...(await held.factsOf('2026-10-30', '2026-11-02')).keys()]).toEqual([
      '2026-10-30',
      '2026-11-02',
    ]);
    await held.lowerBelow('2026-11-02');
    expect(held.record.compacted_to).toBe('2026-11-01');
    expect(await dates()).toHaveLength(3);
    // Both are passed now, with facts of the later one alone.
    await held.moveTo('2026-11-03', facts('2026-11-03'));
    expect(await dates()).toEqual(['2026-10-30', '2026-11-03']);
  });

  it('takes a day back with an alarm, and never moves forward by it', async () => {
    const { held, world, counted, logged } = await open();
    await held.moveTo('2026-11-03', undefined);
    await takeBack(world, held, '2026-11-02');
    await takeBack(world, held, '2026-11-05');
    expect(held.record.compacted_to).toBe('2026-11-01');
    expect(counted.CompactionFaults).toBe(2);
    expect(logged[0]).toMatchObject({ level: 'error', facts: { bucket: 0, date: '2026-11-02' } });
  });
});
