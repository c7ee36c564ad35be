import { describe, expect, it } from 'vitest';
import { compactionKey } from '#domain/compact/layout.ts';
import { compactBuckets } from '#functions/workflows/compact-buckets.ts';
import { compactWorld, ledgerObject } from '#test/support/compact-world.ts';

const record = (bucket: number, more: object) => ({
  bytes: Buffer.from(JSON.stringify({ format: 1, bucket, ...more })),
  etag: `"${bucket}"`,
});
const attempt = (at: string) => ({ attempt: { at, run: 'r', date: '2026-11-20', rows: 1, failures: 0 } });

describe('a run of compact', () => {
  it('begins with the bucket whose last attempt is longest ago, and is stopped by none', async () => {
    const listed: string[] = [];
    const world = compactWorld({
      buckets: 4,
      onRequest: (when, operation, key) => {
        const [, bucket] = /^ledger\/events\/lane=ontime\/bucket=(\d\d)/.exec(key) ?? [];
        if (when !== 'before' || operation !== 'ListObjectsV2Command' || !bucket) return;
        listed.push(bucket);
        if (bucket === '02') throw new Error('no list');
      },
    });
    const closed = { closed_to: '2026-11-20' };
    const { state } = world.places;
    state.set(compactionKey(0), record(0, { ...closed, ...attempt('2026-11-21T03:00:00.000000000Z') }));
    state.set(compactionKey(1), record(1, { ...closed, ...attempt('2026-11-21T01:00:00.000000000Z') }));
    state.set(compactionKey(2), record(2, { ...closed, ...attempt('2026-11-21T02:00:00.000000000Z') }));
    state.set(compactionKey(3), { bytes: Buffer.from('{'), etag: '"x"' });
    expect(await world.run()).toBe(2);
    expect([...new Set(listed)]).toEqual(['01', '02', '00']);
    expect(world.logged.map(({ facts }) => facts.bucket)).toEqual([3, 2]);
    expect(world.counted.CompactionFaults).toBe(2);
  });

  it('measures how long the oldest closed day that is not compacted has been over', async () => {
    const world = compactWorld({ buckets: 2 });
    world.clock.nowMs = Date.parse('2026-11-23T00:00:00Z');
    world.places.state.set(
      compactionKey(0),
      record(0, { closed_to: '2026-11-22', compacted_to: '2026-11-20' }),
    );
    world.places.state.set(compactionKey(1), record(1, { closed_to: '2026-11-22' }));
    await compactBuckets(world.world, () => false);
    expect(world.counted.CompactionLag).toBe(86_400);
    expect(await world.world.compactions.least()).toBeNull();
    world.places.state.set(compactionKey(1), record(1, { compacted_to: '2026-11-22' }));
    await compactBuckets(world.world, () => false);
    expect(await world.world.compactions.least()).toBe('2026-11-20');
    world.places.state.delete(compactionKey(0));
    const idle = compactWorld({ places: world.places, buckets: 1 });
    await compactBuckets(idle.world, () => false);
    expect(idle.counted.CompactionLag).toBe(0);
  });

  it('is stopped by a full disk, which leaves the last good state, and goes on once there is room', async () => {
    let isFull = true;
    const world = compactWorld({
      onRequest: (when, operation, key) => {
        if (isFull && when === 'before' && operation === 'PutObjectCommand' && key.startsWith('views/'))
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    });
    const filedAt = '2026-11-20T00:00:00.000000000Z';
    world.put(ledgerObject('ontime', [{ id: 1, scope: 'acme', occurredAt: filedAt, filedAt }], 1));
    world.file('2026-11-21T00:00:00.000000000Z');
    await world.settle();
    expect(world.logged).toMatchObject([
      { level: 'error', facts: { bucket: 0, detail: 'no space left on device' } },
    ]);
    expect((await world.compaction()).record).toMatchObject({ closed_to: '2026-11-20' });
    expect((await world.compaction()).record.compacted_to).toBeUndefined();
    expect(world.places.ledger.size).toBe(1);
    isFull = false;
    await world.run();
    expect((await world.compaction()).record.compacted_to).toBe('2026-11-20');
  });
});
