import { expect, it } from 'vitest';
import { UnreadableRecord } from '#aws/state/record.ts';
import { SecretsUnreadable } from '#domain/deliver/sealed-secrets.ts';
import { openSender } from '#functions/workflows/open-sender.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const from = '2026-11-26T10:00:00.000000000Z';
const unreadable = async (): Promise<never> => {
  throw new SecretsUnreadable({ scopeId: 'acme', id: 'siem', version: 'v1' });
};

it('opens the sender of a delivery', async () => {
  const { create, world } = await openDeliverWorld();
  const sender = await openSender(world, await create('siem', { from }));
  expect(await sender.test(new AbortController().signal)).toEqual({ kind: 'done' });
});

it('fails with a code if the secrets cannot be opened, and ends if they are those of before a change', async () => {
  const { create, change, start } = await openDeliverWorld();
  const { world } = start({ openSender: unreadable });
  const delivery = await create('siem', { from, secret_version: 'v1' });
  const sender = await openSender(world, delivery);
  expect(await sender.test(new AbortController().signal)).toEqual({
    kind: 'failed',
    code: 'secrets_unreadable',
  });
  await change(delivery, 'update', { secret_version: 'v2' });
  await expect(openSender(world, delivery)).rejects.toThrow('Another process works on the delivery siem');
});

it('fails with the same code if their record is damaged', async () => {
  const { create, start } = await openDeliverWorld();
  const damaged = async (): Promise<never> => {
    throw new UnreadableRecord('delivery-secrets/x', 'it is empty', 'Set them again');
  };
  const { world } = start({ openSender: damaged });
  const sender = await openSender(world, await create('siem', { from, secret_version: 'v1' }));
  expect(await sender.test(new AbortController().signal)).toMatchObject({ code: 'secrets_unreadable' });
});

it('throws whatever else is wrong', async () => {
  const { create, start } = await openDeliverWorld();
  const { world } = start({ openSender: async () => Promise.reject(new Error('no state')) });
  await expect(openSender(world, await create('siem', { from }))).rejects.toThrow('no state');
});
