import { expect, it } from 'vitest';
import { HttpsSenders } from '#aws/deliver/https-senders.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import { partOf } from '#test/support/delivery-part.ts';
import { startReceiver } from '#test/support/https-receiver.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const unstopped = new AbortController().signal;

it('opens a sender with the secrets of a version, and keeps it until they or the delivery change', async () => {
  const { url, got, policy } = await startReceiver((_, response) => response.writeHead(204).end());
  const secrets = new DeliverySecrets(memoryBucket('state').objects, async () => dataKeyOf('key'));
  const senders = new HttpsSenders({ secrets, policy, nowMs: () => 0 });
  const put = (key: string) =>
    secrets.put('acme', 'siem', { url: `${url}?key=${key}`, secrets: [], headers: { 'x-api-key': key } });
  const delivery = (secretVersion: string) => ({
    scopeId: 'acme',
    id: 'siem',
    destination: { type: 'https' as const, url },
    secretVersion,
    form: formOf('json'),
  });
  const first = await put('one');
  const sender = await senders.open(delivery(first));
  expect(await senders.open(delivery(first))).toBe(sender);
  const rotated = await senders.open(delivery(await put('two')));
  expect(rotated).not.toBe(sender);
  expect(await senders.open({ ...delivery(first), form: formOf('ocsf') })).not.toBe(sender);
  await rotated.send(partOf(['a']), unstopped);
  expect(got[0]).toMatchObject({ url: '/in?key=two', headers: { 'x-api-key': 'two' } });
  await expect(senders.open({ ...delivery(first), id: 'other' })).rejects.toThrow('set them again');
});
