import { describe, expect, it } from 'vitest';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { deliveryProgressKey } from '#domain/deliver/layout.ts';
import { firstProgress } from '#domain/deliver/progress.ts';
import type { FrozenRun } from '#domain/deliver/run.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = '2026-11-26T10:00:00.000000000Z';
const whose = { scopeId: 'acme', id: 'siem' };
const run: FrozenRun = {
  format: 1,
  run: 1,
  cause: 'rows',
  from: at,
  to: at,
  rows_from: at,
  definition_version: 2,
  form: { format: 'json', version: 1 },
  read: 1,
  rows: 1,
  filtered: 0,
  dropped: 0,
  left_out: [],
  parts: [{ rows: 1, text_bytes: 1, sha256: 'a' }],
  frozen_at: at,
};

describe('what a delivery has done', () => {
  it('is replaced only as the version that was read', async () => {
    const work = new DeliveryWork(memoryBucket('state').objects);
    expect(await work.progress(whose)).toBeUndefined();
    await work.begin(whose, firstProgress(at));
    await work.begin(whose, { ...firstProgress(at), run: 7 });
    const { progress, etag } = (await work.progress(whose))!;
    expect(progress.run).toBe(0);
    expect(await work.put(whose, { ...progress, run: 1 }, etag)).toBe(true);
    expect(await work.put(whose, { ...progress, run: 2 }, etag)).toBe(false);
    expect((await work.progress(whose))!.progress.run).toBe(1);
  });

  it('has one frozen run and one manifest of a number, whoever is first', async () => {
    const work = new DeliveryWork(memoryBucket('state').objects);
    expect(await work.freeze(whose, run)).toBe(run);
    expect(await work.freeze(whose, { ...run, rows: 2 })).toEqual(run);
    expect((await work.keepManifest(whose, 1, 'a\n')).toString()).toBe('a\n');
    expect((await work.keepManifest(whose, 1, 'b\n')).toString()).toBe('a\n');
    expect((await work.manifest(whose, 1))!.toString()).toBe('a\n');
    expect(await work.run(whose, 2)).toBeUndefined();
  });

  it('is not taken for nothing if it is damaged', async () => {
    const { objects } = memoryBucket('state');
    await objects.create(deliveryProgressKey('acme', 'siem'), Buffer.from('{'));
    await expect(new DeliveryWork(objects).progress(whose)).rejects.toThrow('Restore it from a copy');
  });
});
