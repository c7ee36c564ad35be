import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noteFilled, openSampleDirectory, refuseSampleDirectory } from '#cli/sample/sample-directory.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('the directory of the sample', () => {
  it('is new or empty, and is known again by its mark', async () => {
    const path = join(await temporaryDirectory(), 'a', 'sample');
    expect(await openSampleDirectory(path, 7)).toEqual({ began_ms: 7, is_filled: false });
    expect(await openSampleDirectory(path, 9)).toEqual({ began_ms: 7, is_filled: false });
    await noteFilled({ root: path, temporary: path }, { began_ms: 7, is_filled: false });
    expect(await openSampleDirectory(path, 9)).toEqual({ began_ms: 7, is_filled: true });
    expect(readdirSync(path)).toEqual(['sample']);
    expect(await openSampleDirectory(await temporaryDirectory(), 7)).toMatchObject({ began_ms: 7 });
  });

  it('is not one that was ever started without --sample, nor anybody else’s', async () => {
    const path = await temporaryDirectory();
    writeFileSync(join(path, 'lock'), '');
    await expect(openSampleDirectory(path, 7)).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(join(path, 'sample'))).toBe(false);
  });

  it('with a damaged mark says what to do', async () => {
    const path = await temporaryDirectory();
    for (const text of ['', '{', '{}', 'null']) {
      writeFileSync(join(path, 'sample'), text);
      await expect(openSampleDirectory(path, 7)).rejects.toThrow('is damaged; delete the folder');
    }
  });

  it('is refused to a start without --sample', async () => {
    const path = await temporaryDirectory();
    await refuseSampleDirectory(path);
    await refuseSampleDirectory(join(path, 'none'));
    await openSampleDirectory(path, 7);
    await expect(refuseSampleDirectory(path)).rejects.toMatchObject({ exitCode: 2 });
  });
});
