import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type FoldSource, verifyFold, writeFold } from '#embedded/storage/fold-writer.ts';
import { keyOf } from '#test/support/folded-bucket.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const head = { format: 1 as const, date: '2026-11-25', objects: 2, replaces: [] };
const sourcesOf = (...contents: (Buffer | undefined | Error)[]): FoldSource[] =>
  contents.map((content, n) => ({
    key: keyOf('2026-11-25', n),
    read: async () => {
      if (content instanceof Error) throw content;
      return content && { etag: `"${n}"`, writtenMs: n, content };
    },
  }));
const [a, b] = [Buffer.from('a'.repeat(2_000_000)), Buffer.from('b')];

describe('a fold that is written', () => {
  it('is read back, and refused if a byte is not as it was written', async () => {
    const written = (await writeFold(await temporaryDirectory(), head, sourcesOf(a, b)))!;
    await verifyFold(written);
    const bytes = await readFile(written.path);
    for (const { offset } of written.objects) {
      const changed = Buffer.from(bytes);
      changed[offset]! ^= 1;
      await writeFile(written.path, changed);
      await expect(verifyFold(written)).rejects.toThrow('damaged');
    }
    await writeFile(written.path, bytes.subarray(0, 1_000_000));
    await expect(verifyFold(written)).rejects.toThrow('was not read back as written');
    await writeFile(written.path, bytes);
    await expect(verifyFold({ ...written, sha256: [...written.sha256].reverse() })).rejects.toThrow(
      'was not read back as written',
    );
  });

  it('leaves nothing if an object is gone or cannot be read', async () => {
    const root = await temporaryDirectory();
    expect(await writeFold(root, head, sourcesOf(a, undefined))).toBeUndefined();
    await expect(writeFold(root, head, sourcesOf(a, new Error('EIO')))).rejects.toThrow('EIO');
    expect(await readdir(root)).toEqual([]);
  });
});
