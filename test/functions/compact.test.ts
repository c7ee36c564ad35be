import { describe, expect, it } from 'vitest';
import type { S3 } from '#aws/clients.ts';
import { activeExportKey } from '#domain/export/layout.ts';
import { compact, createCompactWorld } from '#functions/compact.ts';
import { compactWorld, ledgerObject } from '#test/support/compact-world.ts';
import { openBuckets } from '#test/support/world.ts';

const configuration = {
  ANNALS_INSTALLATION: 'Annals',
  ANNALS_BUCKETS: 1,
  ANNALS_STATE: 'state',
  ANNALS_LEDGER: 'ledger',
  ANNALS_VIEWS: 'views',
};
const withTime = (ms: number) => ({ getRemainingTimeInMillis: () => ms });

describe('compact', () => {
  it('compacts the days that have closed, unless its time is nearly over', async () => {
    const world = compactWorld();
    const filedAt = '2026-11-20T00:00:00.000000000Z';
    world.put(ledgerObject('ontime', [{ id: 1, scope: 'a', occurredAt: filedAt, filedAt }], 1));
    world.file('2026-11-21T00:00:00.000000000Z');
    await compact(world.world)({}, withTime(900_000));
    world.clock.nowMs += 600_000;
    await compact(world.world)({}, withTime(300_000));
    expect(world.places.views.size).toBe(0);
    await compact(world.world)({}, withTime(300_001));
    expect(world.places.views.size).toBe(1);
  });

  it('opens the places that its configuration names, and leases them for longer than it can run', async () => {
    const { client, state } = await openBuckets();
    const world = createCompactWorld(configuration, client as S3, () => undefined);
    expect(world.leaseMs).toBeGreaterThan(15 * 60_000);
    expect(await world.isFrozen(0, '2026-11-20')).toBe(false);
    // An entry without its job.
    await state.create(activeExportKey('x'), Buffer.from('{}'));
    expect(await world.isFrozen(0, '2026-11-20')).toBe(false);
    await compact(world)({}, withTime(900_000));
  });
});
