import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { backgroundWork } from '#embedded/background.ts';
import { holdDataDirectory } from '#embedded/data-directory.ts';
import { openStorage } from '#embedded/open-storage.ts';
import { eventually } from '#test/support/eventually.ts';
import { keyOf } from '#test/support/folded-bucket.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('the buckets of an installation', () => {
  it('are folded once the ledger was looked at, and not after the stop', async () => {
    const data = await holdDataDirectory(await temporaryDirectory());
    const log = () => undefined;
    const storage = await openStorage({ data, buckets: 4, log, folding: { everyMs: 5 } });
    const put = (n: number) =>
      storage.s3.send(
        new PutObjectCommand({ Bucket: 'ledger', Key: keyOf('2026-01-01', n), Body: Buffer.from('x') }),
      );
    const folds = () => readdir(join(data.buckets, '.folds', 'ledger')).catch(() => []);
    await put(1);
    const background = backgroundWork(log);
    let looked = (): void => undefined;
    const stop = storage.startFolding(background, new Promise(resolve => (looked = resolve)));
    expect(await folds()).toEqual([]);
    looked();
    await eventually(async () => expect(await folds()).toHaveLength(1));
    stop();
    await background.end();
    const before = await folds();
    await put(2);
    expect(await folds()).toEqual(before);
    data.release();
  });
});
