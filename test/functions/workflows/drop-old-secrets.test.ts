import { expect, it } from 'vitest';
import { dropAllSecrets, dropOldSecrets } from '#functions/workflows/drop-old-secrets.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';
const whose = ['acme', 'siem'] as const;

const openSecrets = async () => {
  const opened = await openDeliverWorld();
  const { secrets } = opened.world;
  const put = (secret: string) =>
    secrets.put(...whose, { url: 'https://a.example/', secrets: [secret], headers: {} });
  const kept = async () => new Set(await secrets.versions(...whose));
  return { ...opened, secrets, put, kept };
};

it('deletes what was listed and is named by neither the definition nor a written change', async () => {
  const { create, world, put, kept } = await openSecrets();
  const [first, second, third, late] = [await put('1'), await put('2'), await put('3'), await put('4')];
  const delivery = await create('siem', { from, secret_version: second });
  const changing = (await world.deliveries.append(delivery, {
    type: 'changing',
    at: from,
    scope_id: 'acme',
    id: 'siem',
    kind: 'update',
    definition: { ...delivery.definition!, secret_version: third },
    by: null,
  }))!;
  await dropOldSecrets(world, changing, [first, second, third]);
  expect(await kept()).toEqual(new Set([second, third, late]));
});

it('logs that they could not be deleted, since the change is made', async () => {
  const { create, world, put, kept, control, said } = await openSecrets();
  const first = await put('1');
  const delivery = await create('siem', { from });
  control.onRequest = (when, operation) => {
    if (when === 'before' && operation === 'DeleteObjectCommand') throw new Error('no state');
  };
  await dropOldSecrets(world, delivery, [first]);
  expect(await kept()).toEqual(new Set([first]));
  expect(said).toMatchObject([
    { delivery_id: 'siem', message: expect.stringContaining('could not be deleted') },
  ]);
});

it('deletes all of a delivery that is deleted, and of no other', async () => {
  const { create, world, put, kept, secrets } = await openSecrets();
  await put('1');
  await put('2');
  const other = await secrets.put('acme', 'siem2', { url: 'https://a.example/', secrets: [], headers: {} });
  await dropAllSecrets(world, await create('siem', { from }));
  expect(await kept()).toEqual(new Set());
  expect(await secrets.versions('acme', 'siem2')).toEqual([other]);
});
