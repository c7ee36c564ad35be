import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { deliveryKeyAt, deliveryKeyName } from '#embedded/access/delivery-key.ts';

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'annals-delivery-key-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

it('is made when it is first asked for, readable by its owner alone, and the same after a restart', async () => {
  const root = folder();
  const path = join(root, deliveryKeyName);
  const keyOf = deliveryKeyAt(path, root);
  expect(() => statSync(path)).toThrow('ENOENT');
  const key = await keyOf();
  expect(key).toHaveLength(32);
  expect(await keyOf()).toBe(key);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await deliveryKeyAt(path, root)()).toEqual(key);
  expect(await deliveryKeyAt(join(root, 'other'), root)()).not.toEqual(key);
});

it('is not replaced if it is damaged, and is read again once it is repaired', async () => {
  const root = folder();
  const path = join(root, deliveryKeyName);
  writeFileSync(path, 'short');
  const keyOf = deliveryKeyAt(path, root);
  await expect(keyOf()).rejects.toThrow('holds no key of at least 32 bytes');
  writeFileSync(path, Buffer.alloc(32, 7).toString('base64url'));
  expect(await keyOf()).toHaveLength(32);
});
