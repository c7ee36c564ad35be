import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { keyOf, openFoldable } from '#test/support/folded-bucket.ts';

describe('the files of folded objects', () => {
  it('hold many each, lie below the folders of the keys, and are gone once they are released', async () => {
    const { ledger, s3, temporary, foldingOf } = await openFoldable();
    const keys = [0, 1, 2, 3].flatMap(n => [keyOf('2026-11-25', n), keyOf('2026-11-25', n, 1)]);
    for (const key of keys) await ledger.create(key, Buffer.from(`${key}\n`));
    await foldingOf().run();
    const own = keyOf('2026-11-27', 1);
    await ledger.create(own, Buffer.from(`${own}\n`));
    const { paths, release } = await s3.pathsOf('ledger', [...keys.slice(0, 6), own]);
    expect(paths).toHaveLength(3);
    for (const path of paths)
      expect(path).toMatch(/\/events\/lane=ontime\/bucket=\d\d\/date=[\d-]+\/[^/]+\.json\.gz$/);
    const texts = await Promise.all(paths.map(path => readFile(path, 'utf8')));
    expect(texts.join('').trim().split('\n').sort()).toEqual([...keys.slice(0, 6), own].sort());
    await release();
    await release();
    expect(await readdir(temporary)).toEqual([]);
  });

  it('are not made of a fold that is damaged: the error names it', async () => {
    const { ledger, s3, temporary, foldingOf } = await openFoldable();
    const key = keyOf('2026-11-25', 1);
    await ledger.create(key, Buffer.from('x'.repeat(1000)));
    await foldingOf().run();
    const { folds } = s3.filesOf('ledger');
    const { fold, object } = (await folds.find(key))!;
    const bytes = await readFile(fold.path);
    bytes[object.offset + 500]! ^= 1;
    await writeFile(fold.path, bytes);
    await expect(s3.pathsOf('ledger', [key])).rejects.toThrow(`The fold ${fold.path} is damaged`);
    expect(await readdir(temporary)).toEqual([]);
    expect(s3.filesOf('ledger').isInUse('2026-11-25')).toBe(false);
  });
});
