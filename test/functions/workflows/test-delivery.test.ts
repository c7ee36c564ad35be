import { expect, it } from 'vitest';
import { testDelivery } from '#functions/workflows/test-delivery.ts';
import { objectSender, openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';

it('lets a delivery begin once a test has passed, and remembers what failed', async () => {
  const { create, start, held, file, places, progressOf } = await openDeliverWorld();
  const delivery = await create('siem', { from });
  for (const key of places.state.keys()) if (key.startsWith('delivery-progress/')) places.state.delete(key);
  await file([], from);
  const failing = start({
    openSender: async (_, place) => ({
      ...objectSender(held, place),
      test: async () => ({ kind: 'failed', code: 'role_open' }),
    }),
  });
  expect(await testDelivery(failing.world, delivery)).toEqual({ kind: 'failed', code: 'role_open' });
  expect(await progressOf(delivery)).toMatchObject({
    tested_at: null,
    stopped: null,
    errors: [{ code: 'role_open', status: null }],
  });
  expect(await testDelivery(start().world, delivery)).toEqual({ kind: 'done' });
  expect((await progressOf(delivery)).tested_at).not.toBeNull();
});

it('does not say that a test passed if that could not be recorded', async () => {
  const { create, start, control, progressOf } = await openDeliverWorld();
  const delivery = await create('siem', { from });
  const { world } = start();
  const { progress, etag } = (await world.work.progress(delivery))!;
  await world.work.put(delivery, { ...progress, tested_at: null }, etag);
  const before = await progressOf(delivery);
  let puts = 0;
  control.onRequest = (when, operation, key) => {
    if (when !== 'before' || operation !== 'PutObjectCommand' || !key.includes('/delivery-progress/')) return;
    puts += 1;
    throw Object.assign(new Error('Somebody else was quicker'), { $metadata: { httpStatusCode: 412 } });
  };
  await expect(testDelivery(world, delivery)).rejects.toThrow('Another process works on the delivery siem');
  expect(puts).toBeGreaterThan(1);
  control.onRequest = () => undefined;
  expect(await progressOf(delivery)).toEqual(before);
});

it('changes nothing of a delivery that is well, so that a turn which is sending keeps its place', async () => {
  const { create, start } = await openDeliverWorld();
  const delivery = await create('siem', { from });
  const { world } = start();
  const before = await world.work.progress(delivery);
  expect(await testDelivery(world, delivery)).toEqual({ kind: 'done' });
  expect(await world.work.progress(delivery)).toEqual(before);
});
