import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { keyOf, openFoldable } from '#test/support/folded-bucket.ts';

const key = keyOf('2026-11-25', 1);

describe('the files of a bucket', () => {
  it('are found in a fold that was made after the folds were looked at', async () => {
    const { s3, ledger, foldingOf } = await openFoldable();
    const files = s3.filesOf('ledger');
    await ledger.create(key, Buffer.from('x'));
    expect(await files.facts(key)).toMatchObject({ bytes: 1 });
    const find = files.folds.find.bind(files.folds);
    // Between the look at the folds and the look at the file it is folded.
    files.folds.find = async (...args) => {
      files.folds.find = find;
      const found = await find(...args);
      await foldingOf().run();
      return found;
    };
    expect(await files.facts(key)).toMatchObject({ bytes: 1 });
    expect(files.placeOf(key)).toMatch(
      /\.folds\/ledger\/2026-11-25-[0-9a-f]{16}\.fold, as events\/.*\.json\.gz$/,
    );
    const [name] = files.folds.namesOf('2026-11-25');
    await rm(files.folds.pathOf(name!));
    await files.folds.refresh(true);
    expect(await files.facts(key)).toBeUndefined();
    expect(await files.open(key)).toBeUndefined();
  });

  it('know which days are in use, until each user has ended that', async () => {
    const { s3 } = await openFoldable();
    const files = s3.filesOf('ledger');
    const [end, endOther] = [files.use(new Set(['a'])), files.use(new Set(['a', 'b']))];
    end();
    end();
    expect([files.isInUse('a'), files.isInUse('b'), files.isInUse('c')]).toEqual([true, true, false]);
    endOther();
    expect([files.isInUse('a'), files.isInUse('b')]).toEqual([false, false]);
  });
});
