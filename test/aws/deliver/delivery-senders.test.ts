import { expect, it } from 'vitest';
import { openDeliverySenders } from '#aws/deliver/delivery-senders.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import { definition, openDeliverWorld } from '#test/support/deliver-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = { installation: 'i', scopeId: 'acme', id: 'siem', incarnation: '0a' };
const s3 = {
  type: 's3',
  bucket: 'theirs',
  region: 'eu-central-1',
  role_arn: 'arn:aws:iam::111122223333:role/annals',
} as const;

const opened = async () => {
  const secrets = new DeliverySecrets(memoryBucket('state').objects, async () => dataKeyOf('key'));
  const asked: (string | undefined)[] = [];
  const places: string[] = [];
  const open = openDeliverySenders({
    secrets,
    ocsf: {},
    assumeRole: (_, place) => async externalId => {
      places.push(place);
      asked.push(externalId);
      return 'denied';
    },
    account: '999999999999',
    allowedPorts: [8443],
    nowMs: Date.now,
  });
  const { create } = await openDeliverWorld();
  const delivery = await create('siem', { from: '2026-11-26T10:00:00.000000000Z' });
  const to = (change: Partial<Delivery['definition']>): Delivery => ({
    ...delivery,
    definition: { ...definition, ...change } as NonNullable<Delivery['definition']>,
  });
  return { open, to, secrets, asked, places, externalId: delivery.origin.external_id };
};
const { signal } = new AbortController();

it('opens a bucket once for each place, under the external id of the delivery', async () => {
  const { open, to, asked, places, externalId } = await opened();
  const sender = await open(to({ destination: s3 }), at);
  expect(await open(to({ destination: s3 }), at)).toBe(sender);
  expect(await open(to({ destination: s3 }), { ...at, incarnation: '0b' })).not.toBe(sender);
  expect(await open(to({ destination: { ...s3, bucket: 'another' } }), at)).not.toBe(sender);
  expect(await sender.test(signal)).toEqual({
    kind: 'failed',
    code: 'role_not_assumable',
    status: undefined,
  });
  expect(asked).toEqual([undefined, `${externalId}-wrong`, externalId]);
  expect(new Set(places)).toEqual(new Set(['annals/i/scope=acme/delivery=siem.0a/']));
});

it('refuses a role of the account of the installation', async () => {
  const { open, to, asked } = await opened();
  const role_arn = 'arn:aws:iam::999999999999:role/annals';
  const sender = await open(to({ destination: { ...s3, role_arn } }), at);
  expect(await sender.test(signal)).toMatchObject({ kind: 'failed', code: 'own_account' });
  expect(asked).toEqual([]);
});

it('opens an HTTPS receiver once for each version of its secrets', async () => {
  const { open, to, secrets } = await opened();
  const url = 'https://a.example/';
  const destination = { type: 'https', url } as const;
  const put = () => secrets.put('acme', 'siem', { url, secrets: [], headers: {} });
  const [one, two] = [await put(), await put()];
  const sender = await open(to({ destination, secret_version: one }), at);
  expect(await open(to({ destination, secret_version: one }), at)).toBe(sender);
  expect(await open(to({ destination, secret_version: two }), at)).not.toBe(sender);
});

it('connects to the ports that are allowed', async () => {
  const { open, to, secrets } = await opened();
  const ended = AbortSignal.abort();
  const codeOf = async (port: number) => {
    const url = `https://a.example:${port}/`;
    const secret_version = await secrets.put('acme', 'siem', { url, secrets: [], headers: {} });
    const sender = await open(to({ destination: { type: 'https', url }, secret_version }), at);
    return sender.test(ended);
  };
  expect(await codeOf(8088)).toMatchObject({ code: 'address_not_allowed' });
  // What is allowed is begun, and ended by the signal.
  expect(await codeOf(8443)).toMatchObject({ code: 'timed_out' });
});

it('has every part fail that was to go into a directory, and opens no secrets that are gone', async () => {
  const { open, to } = await opened();
  expect(await (await open(to({}), at)).test(signal)).toEqual({
    kind: 'failed',
    code: 'destination_unavailable',
  });
  const destination = { type: 'https', url: 'https://a.example/' } as const;
  await expect(open(to({ destination, secret_version: 'gone' }), at)).rejects.toThrow('set them again');
});
