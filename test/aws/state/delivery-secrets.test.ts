import { describe, expect, it } from 'vitest';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { dataKeyOf, SecretsUnreadable } from '#domain/deliver/sealed-secrets.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const secrets = {
  url: 'https://u:canary@x.test/?k=canary',
  secrets: ['canary'],
  headers: { 'x-k': 'canary' },
};
const storeWith = (text: string, bucket = memoryBucket('state')) => ({
  bucket,
  store: new DeliverySecrets(bucket.objects, async () => dataKeyOf(text)),
});

describe('the secrets of a delivery', () => {
  it('are read under the version that writing them gave, and each version stays', async () => {
    const { store } = storeWith('key');
    const first = await store.put('acme', 'siem', secrets);
    const second = await store.put('acme', 'siem', { ...secrets, secrets: ['new', 'canary'] });
    expect(await store.get('acme', 'siem', first)).toEqual(secrets);
    expect((await store.get('acme', 'siem', second)).secrets).toEqual(['new', 'canary']);
  });

  it('are listed by their versions, and deleted', async () => {
    const { store } = storeWith('key');
    const versions = [await store.put('acme', 'siem', secrets), await store.put('acme', 'siem', secrets)];
    const other = await store.put('acme', 'other', secrets);
    expect((await store.versions('acme', 'siem')).sort()).toEqual(versions.toSorted());
    await store.delete('acme', 'siem', [versions[0]!, 'gone-already']);
    expect(await store.versions('acme', 'siem')).toEqual([versions[1]]);
    expect(await store.versions('acme', 'other')).toEqual([other]);
  });

  it('are in no object and in no key as they are', async () => {
    const { store, bucket } = storeWith('key');
    await store.put('acme', 'siem', secrets);
    const [stored] = [...bucket.stored.entries()];
    expect(JSON.stringify([stored![0], stored![1].bytes.toString()])).not.toContain('canary');
  });

  it('cannot be read with another key, if they are gone, or from the place of another delivery', async () => {
    const { store, bucket } = storeWith('key');
    const version = await store.put('acme', 'siem', secrets);
    await expect(storeWith('other', bucket).store.get('acme', 'siem', version)).rejects.toThrow(
      SecretsUnreadable,
    );
    await expect(store.get('acme', 'siem', 'v0')).rejects.toThrow(SecretsUnreadable);
    await expect(store.get('acme', 'other', version)).rejects.toThrow('set them again');
  });

  it('name their place if they are damaged, and nothing of what they hold', async () => {
    const { store, bucket } = storeWith('key');
    const version = await store.put('acme', 'siem', secrets);
    const [key] = bucket.stored.keys();
    bucket.stored.set(key!, { bytes: Buffer.from('{"format":1}'), etag: '"x"' });
    await expect(store.get('acme', 'siem', version)).rejects.toThrow(/^The record .* cannot be read/);
  });

  it('ask for the data key only if there are secrets', async () => {
    const store = new DeliverySecrets(memoryBucket('state').objects, () =>
      Promise.reject(new Error('no key')),
    );
    await expect(store.get('acme', 'siem', 'v0')).rejects.toThrow(SecretsUnreadable);
    await expect(store.put('acme', 'siem', secrets)).rejects.toThrow('no key');
  });
});
