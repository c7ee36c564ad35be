import { describe, expect, it } from 'vitest';
import { compactWorld, ledgerObject } from '#test/support/compact-world.ts';

const day = 86_400_000;

const compacted = async () => {
  const world = compactWorld();
  for (const date of ['2026-11-02', '2026-11-03', '2026-11-20']) {
    const filedAt = `${date}T01:00:00.000000000Z`;
    world.put(ledgerObject('ontime', [{ id: 1, scope: 'acme', occurredAt: filedAt, filedAt }], 1));
  }
  world.file('2026-11-25T00:00:00.000000000Z');
  await world.settle();
  expect((await world.compaction()).record.compacted_to).toBe('2026-11-24');
  return world;
};

const partition = (date: string) => `segments/lane=ontime/bucket=00/date=${date}/`;

describe('the sweep over compacted days', () => {
  it('looks at every day once a week', async () => {
    const world = await compacted();
    const { sweep } = (await world.compaction()).record;
    expect(sweep).toMatchObject({ next: '2026-11-25' });
    world.clock.nowMs += 6 * day;
    await world.run();
    expect((await world.compaction()).record.sweep).toEqual(sweep);
    world.clock.nowMs += 2 * day;
    await world.run();
    expect((await world.compaction()).record.sweep!.began_at > sweep!.began_at).toBe(true);
    expect(world.counted.CompactionFaults).toBe(0);
  });

  it.each([
    [
      'that an object came to later',
      '2026-11-03',
      (world: Awaited<ReturnType<typeof compacted>>) => {
        const filedAt = '2026-11-03T00:30:00.000000000Z';
        world.put(ledgerObject('ontime', [{ id: 2, scope: 'acme', occurredAt: filedAt, filedAt }], 5));
      },
    ],
    [
      'whose segment is gone',
      '2026-11-02',
      (world: Awaited<ReturnType<typeof compacted>>) => {
        for (const key of world.places.views.keys())
          if (key.startsWith(partition('2026-11-02'))) world.places.views.delete(key);
      },
    ],
    [
      'with a foreign segment',
      '2026-11-03',
      (world: Awaited<ReturnType<typeof compacted>>) => {
        world.places.views.set(`${partition('2026-11-03')}5-00000000.parquet`, {
          bytes: Buffer.alloc(1),
          etag: '"x"',
        });
      },
    ],
  ])('takes back a day %s, and it is compacted anew', async (_, date, change) => {
    const world = await compacted();
    change(world);
    world.clock.nowMs += 8 * day;
    await world.run();
    expect(world.logged).toMatchObject([{ level: 'error', facts: { bucket: 0, date } }]);
    expect((await world.compaction()).record.compacted_to! < date).toBe(true);
    await world.run();
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-24');
    world.clock.nowMs += 8 * day;
    await world.run();
    expect(world.logged).toHaveLength(1);
  });

  it('keeps the segments of a day whose objects are gone, which hold the last copy, and says so', async () => {
    const world = await compacted();
    for (const key of world.places.ledger.keys())
      if (key.includes('date=2026-11-02')) world.places.ledger.delete(key);
    const segments = [...world.places.views.keys()];
    for (let week = 1; week <= 2; week++) {
      world.clock.nowMs += 8 * day;
      await world.run();
      expect(world.logged).toHaveLength(week);
      expect(world.logged.at(-1)).toMatchObject({
        level: 'error',
        message: expect.stringContaining('The ledger lacks objects'),
        facts: { bucket: 0, date: '2026-11-02' },
      });
    }
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-24');
    expect((await world.months('2026-11')).map(({ date }) => date)).toContain('2026-11-02');
    expect([...world.places.views.keys()]).toEqual(segments);
  });
});
