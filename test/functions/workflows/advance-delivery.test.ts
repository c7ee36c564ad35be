import { describe, expect, it } from 'vitest';
import { deliveryLeaseKey } from '#domain/deliver/layout.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { advanceDelivery, progressOf } from '#functions/workflows/advance-delivery.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';
const filedAt = '2026-11-26T10:00:10.000000000Z';
const upTo = '2026-11-26T10:00:30.000000000Z';
const event = { id: uuid(1), occurredAt: filedAt, filedAt, scope: 'acme' };
const limits = { hasTime: () => true, signal: new AbortController().signal };

describe('a turn of a delivery', () => {
  it('leaves a delivery that another process holds', async () => {
    const { create, start, file } = await openDeliverWorld();
    const delivery = await create('siem', { from });
    await file([event], upTo);
    let opened = 0;
    const openSender = async () => {
      opened += 1;
      return Promise.reject(new Error('hung'));
    };
    const held = start({ leaseMs: 60_000, openSender });
    expect(await held.world.leases.take(deliveryLeaseKey('acme', 'siem'), 60_000)).toBeDefined();
    await advanceDelivery({ ...held.world, owners: new LeastRecentlyUsed(10) }, delivery, limits);
    expect(opened).toBe(0);
  });

  it('gives a delivery back, however the turn ended', async () => {
    const { create, start, file } = await openDeliverWorld();
    const delivery = await create('siem', { from });
    await file([event], upTo);
    const broken = start({ leaseMs: 60_000, openSender: async () => Promise.reject(new Error('no secret')) });
    const world = { ...broken.world, owners: new LeastRecentlyUsed<never>(10) };
    for (let n = 0; n < 2; n++)
      await expect(advanceDelivery(world, delivery, limits)).rejects.toThrow('no secret');
  });

  it('begins where the delivery was told to begin', async () => {
    const { create, start, places } = await openDeliverWorld();
    const delivery = await create('siem', { from });
    for (const key of places.state.keys()) if (key.startsWith('delivery-progress/')) places.state.delete(key);
    expect((await progressOf(start().world, delivery)).progress).toMatchObject({
      run: 0,
      end: from,
      tested_at: null,
    });
  });

  it('looks its owner up every five minutes', async () => {
    const { create, start, clock } = await openDeliverWorld();
    const delivery = await create('siem', { from, requested_by: 'u-1' });
    let asked = 0;
    const adminDirectory = { isAdmin: async () => ++asked > 0 };
    const { world } = start({ adminDirectory });
    const owners = new LeastRecentlyUsed<{ atMs: number; isAdmin: boolean }>(10);
    for (let n = 0; n < 10; n++) {
      await advanceDelivery({ ...world, owners }, delivery, limits);
      clock.ms += 60_000;
    }
    expect(asked).toBe(2);
  });
});
