import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { segmentKey } from '#domain/compact/layout.ts';
import { ProvenSegments } from '#embedded/query/proven-segments.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const put = async (text: string): Promise<string> => {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = segmentKey({ lane: 'late', bucket: 7, date: '2026-11-20', n: 3, sha256 });
  const path = join(await temporaryDirectory(), key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
};

it('a segment that is not what its name says is refused, also with the same size and time', async () => {
  const [whole, rotten] = [await put('first'), await put('other')];
  await utimes(rotten, 1, 1);
  const text = await readFile(rotten);
  text[2]! ^= 1;
  await writeFile(rotten, text);
  await utimes(rotten, 1, 1);
  const proven = new ProvenSegments();
  await proven.prove([whole]);
  await expect(proven.prove([whole, rotten])).rejects.toThrow(rotten);
});

it('a segment is read once, and again once it was written anew', async () => {
  const path = await put('first');
  const proven = new ProvenSegments();
  await proven.prove([path, path]);
  await writeFile(path, 'FIRST');
  await expect(proven.prove([path])).rejects.toThrow('is damaged');
});

it('a file of another name is left to the planner, and one that is gone is an error', async () => {
  const path = await put('first');
  const other = join(dirname(path), 'x.parquet');
  expect(spawnSync('cp', [path, other]).status).toBe(0);
  const proven = new ProvenSegments();
  await proven.prove([other]);
  await expect(proven.prove([`${other}.gone`])).rejects.toThrow('ENOENT');
});
