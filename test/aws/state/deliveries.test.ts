import { describe, expect, it } from 'vitest';
import { Deliveries } from '#aws/state/deliveries.ts';
import type { DeliveryEvent } from '#domain/deliver/delivery.ts';
import { definition } from '#test/support/deliver-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = '2026-11-26T10:00:00.000000000Z';
const creation = (id: string): DeliveryEvent => ({
  type: 'changing',
  at,
  scope_id: 'acme',
  id,
  kind: 'create',
  definition,
  origin: { from: at, incarnation: '0a', external_id: 'x' },
  by: null,
});

describe('the deliveries', () => {
  it('are listed once they are about to exist, and until they are forgotten', async () => {
    const { objects, stored } = memoryBucket('state');
    const store = new Deliveries(objects, 4);
    const made = await store.append(undefined, creation('a'));
    const [entry] = await store.open();
    expect(await store.whichIs(entry!)).toMatchObject({ delivery: { id: 'a' }, isSettled: true });
    await store.append(made, { type: 'changed', at });
    const [changed] = await store.open();
    expect(changed!.etag).not.toBe(entry!.etag);
    // What was listed before the change says so.
    expect(await store.whichIs(entry!)).toMatchObject({ isSettled: false });
    await store.forget(changed!);
    expect(await store.open()).toEqual([]);
    expect([...stored.keys()].filter(key => key.startsWith('deliveries/'))).toHaveLength(2);
  });

  it('keep the entry of a delivery that is made while what an earlier try left is dropped', async () => {
    const places = new Map();
    const failing = memoryBucket('state', places, (when, operation, key) => {
      if (when === 'before' && operation === 'PutObjectCommand' && key.includes('/deliveries/'))
        throw new Error('down');
    });
    await expect(new Deliveries(failing.objects, 4).append(undefined, creation('a'))).rejects.toThrow('down');
    const store = new Deliveries(memoryBucket('state', places).objects, 4);
    const [left] = await store.open();
    expect((await store.whichIs(left!)).delivery).toBeUndefined();
    await store.append(undefined, creation('a'));
    await store.forget(left!);
    const [entry] = await store.open();
    expect(await store.whichIs(entry!)).toMatchObject({ delivery: { id: 'a' }, isSettled: true });
  });

  it('are not settled while the entry is of an event that is not there yet', async () => {
    const places = new Map();
    const store = new Deliveries(memoryBucket('state', places).objects, 4);
    const made = await store.append(undefined, creation('a'));
    const failing = memoryBucket('state', places, (when, operation, key) => {
      if (when === 'before' && operation === 'PutObjectCommand' && key.includes('/deliveries/'))
        throw new Error('down');
    });
    await expect(new Deliveries(failing.objects, 4).append(made, { type: 'changed', at })).rejects.toThrow(
      'down',
    );
    const [entry] = await store.open();
    expect(await store.whichIs(entry!)).toMatchObject({ delivery: { version: 1 }, isSettled: false });
  });

  it('are given only if nobody else was first', async () => {
    const { objects } = memoryBucket('state');
    const store = new Deliveries(objects, 4);
    expect(await store.append(undefined, creation('a'))).toBeDefined();
    expect(await store.append(undefined, creation('a'))).toBeUndefined();
  });

  it('come page by page', async () => {
    const { objects } = memoryBucket('state');
    const store = new Deliveries(objects, 4);
    for (const id of ['a', 'b', 'c']) await store.append(undefined, creation(id));
    const first = await store.page('acme', 2, undefined);
    const second = await store.page('acme', 2, first.cursor);
    expect([...first.deliveries, ...second.deliveries].map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    expect(second.cursor).toBeUndefined();
    expect((await store.page('other', 2, undefined)).deliveries).toEqual([]);
  });
});
