import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MultipartUpload } from '#embedded/storage/multipart-upload.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const mebibytes = (n: number, text: string) => Buffer.alloc(n * 1024 * 1024, text);
const open = async () => {
  const folder = await temporaryDirectory();
  return { folder, upload: await MultipartUpload.open(folder) };
};

describe('a multipart upload', () => {
  it('is its parts, one after another, and the same file if it is completed again', async () => {
    const { upload } = await open();
    const parts = [mebibytes(5, 'a'), Buffer.from('end')];
    const listed = [];
    for (const [at, part] of parts.entries())
      listed.push({ PartNumber: at + 1, ETag: await upload.append(at + 1, part, undefined) });
    const path = await upload.complete(listed);
    expect((await readFile(path)).equals(Buffer.concat(parts))).toBe(true);
    expect(await upload.complete(listed)).toBe(path);
  });

  it('refuses a part out of turn, one with another checksum, and a list that is not of its parts', async () => {
    const { upload } = await open();
    const refused = (name: string) => expect.objectContaining({ name });
    await expect(upload.append(2, Buffer.from('a'), undefined)).rejects.toEqual(refused('InvalidPart'));
    await expect(upload.append(1, Buffer.from('a'), 'AAAAAA==')).rejects.toEqual(refused('BadDigest'));
    await expect(upload.complete([])).rejects.toEqual(refused('MalformedXML'));
    const ETag = await upload.append(1, Buffer.from('a'), undefined);
    await expect(upload.complete([{ PartNumber: 1, ETag: '"other"' }])).rejects.toEqual(
      refused('InvalidPart'),
    );
    const last = { PartNumber: 2, ETag: await upload.append(2, Buffer.from('b'), undefined) };
    await expect(upload.complete([{ PartNumber: 1, ETag }, last])).rejects.toEqual(refused('EntityTooSmall'));
    await upload.abort();
  });

  it('leaves nothing if it is aborted', async () => {
    const { folder, upload } = await open();
    await upload.append(1, Buffer.from('a'), undefined);
    await upload.abort();
    expect(await readdir(folder)).toEqual([]);
  });
});
