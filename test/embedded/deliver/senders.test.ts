import { expect, it } from 'vitest';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import { senderOpener } from '#embedded/deliver/senders.ts';
import { definition, openDeliverWorld } from '#test/support/deliver-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const place = { installation: 'i', scopeId: 'acme', id: 'siem', incarnation: '0a' };

it('opens a directory each time, and an HTTPS receiver once for each version of a delivery', async () => {
  const secrets = new DeliverySecrets(memoryBucket('state').objects, async () => dataKeyOf('key'));
  const open = senderOpener({ root: await temporaryDirectory(), secrets, ocsf: {} });
  const { create } = await openDeliverWorld();
  const delivery = await create('siem', { from: '2026-11-26T10:00:00.000000000Z' });
  expect(await (await open(delivery, place)).test(new AbortController().signal)).toEqual({ kind: 'done' });
  const secret_version = await secrets.put('acme', 'siem', {
    url: 'https://a.example/',
    secrets: [],
    headers: {},
  });
  const https: Delivery = {
    ...delivery,
    definition: { ...definition, destination: { type: 'https', url: 'https://a.example/' }, secret_version },
  };
  expect(await open(https, place)).toBe(await open(https, place));
  const lost = { ...https, version: 10, definition: { ...https.definition!, secret_version: 'none' } };
  const failed = (code: string) => ({ kind: 'failed', code });
  const test = async (one: Delivery) => (await open(one, place)).test(new AbortController().signal);
  await expect(open(lost, place)).rejects.toThrow('set them again');
  const destination = { type: 's3', bucket: 'b', region: 'eu-central-1', role_arn: 'r' } as const;
  expect(await test({ ...https, definition: { ...definition, destination } })).toEqual(
    failed('destination_unavailable'),
  );
});
