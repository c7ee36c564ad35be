import { describe, expect, it } from 'vitest';
import type { S3 } from '#aws/clients.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
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

  it('keeps what an open export has frozen, of that bucket, up to that day', async () => {
    const { client, state } = await openBuckets();
    const world = createCompactWorld(configuration, client as S3, () => undefined);
    const jobs = new ExportJobs(state);
    const at = '2026-11-25T00:00:00.000000000Z';
    const id = '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77';
    await jobs.create({
      type: 'asked',
      at,
      id,
      request: { scope_id: 'acme' },
      role: 'operator',
      principal: 'operator',
      body_sha256: '',
    });
    const asked = await jobs.get(id);
    const requested = await jobs.append(asked!, { type: 'requested', at, heartbeats: [] });
    await jobs.append(requested!, {
      type: 'starting',
      at,
      attempt: 1,
      slices: [],
      complete_to: at,
      done: [],
      compacted_to: { '00': '2026-11-20' },
    });
    expect(await world.isFrozen(0, '2026-11-20')).toBe(true);
    expect(await world.isFrozen(0, '2026-11-21')).toBe(false);
    expect(await world.isFrozen(1, '2026-11-20')).toBe(false);
  });
});
