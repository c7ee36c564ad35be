import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { backgroundWork } from '#embedded/background.ts';
import { holdDataDirectory } from '#embedded/data-directory.ts';
import { openStorage } from '#embedded/open-storage.ts';
import { FoldFile } from '#embedded/storage/fold-file.ts';
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

  it('are looked at without opening a fold, however many days have passed', async () => {
    const data = await holdDataDirectory(await temporaryDirectory());
    const said: string[] = [];
    const log = (_: string, message: string) => void said.push(message);
    const first = await openStorage({ data, buckets: 4, log, folding: { everyMs: 5 } });
    for (let day = 1; day <= 28; day++)
      await first.s3.send(
        new PutObjectCommand({
          Bucket: 'ledger',
          Key: keyOf(`2026-02-${String(day).padStart(2, '0')}`, 1),
          Body: Buffer.from('x'),
        }),
      );
    const background = backgroundWork(log);
    const stop = first.startFolding(background, Promise.resolve());
    await eventually(async () =>
      expect(await readFile(join(data.buckets, '.inventory', 'ledger-folds'), 'utf8')).toContain(
        '2026-02-28',
      ),
    );
    stop();
    await background.end();
    // As if all of that was days ago: the objects are only known by their folds.
    await rm(join(data.buckets, '.inventory', 'ledger'), { recursive: true });
    await mkdir(join(data.buckets, '.inventory', 'ledger'));
    await writeFile(join(data.buckets, '.inventory', 'ledger', '0000-00-00'), '');
    const open = vi.spyOn(FoldFile, 'open');
    onTestFinished(() => open.mockRestore());
    const second = await openStorage({ data, buckets: 4, log });
    await second.lookForLost({ all: async () => [] });
    expect(open.mock.calls).toEqual([]);
    expect(said).toEqual([]);
    data.release();
  });
});
