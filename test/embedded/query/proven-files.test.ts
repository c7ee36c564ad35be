import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { segmentKey } from '#domain/compact/layout.ts';
import { checkObject, checkSegment, ProvenFiles } from '#embedded/query/proven-files.ts';
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
  const proven = new ProvenFiles(checkSegment);
  await proven.prove([whole]);
  await expect(proven.prove([whole, rotten])).rejects.toThrow(rotten);
});

it('a segment is read once, and again once it was written anew', async () => {
  const path = await put('first');
  const proven = new ProvenFiles(checkSegment);
  await proven.prove([path, path]);
  await writeFile(path, 'FIRST');
  await expect(proven.prove([path])).rejects.toThrow('is damaged');
});

it('a file of another name is left to the planner, and one that is gone is an error', async () => {
  const path = await put('first');
  const other = join(dirname(path), 'x.parquet');
  expect(spawnSync('cp', [path, other]).status).toBe(0);
  const proven = new ProvenFiles(checkSegment);
  await proven.prove([other]);
  await expect(proven.prove([`${other}.gone`])).rejects.toThrow('ENOENT');
});

it('an object of the ledger with a flipped bit is refused, of which DuckDB returns other rows', async () => {
  const path = join(await temporaryDirectory(), 'object.json.gz');
  const lines = Array.from({ length: 200 }, (_, n) => `{"id":"id-${n}","payload":"${n * 7919}"}\n`);
  const whole = gzipSync(lines.join(''));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rowsOf = async (): Promise<string | undefined> => {
    try {
      const result = await connection.runAndReadAll(
        `SELECT * FROM read_json('${path}', format = 'newline_delimited', ` +
          "columns = {id: 'VARCHAR', payload: 'VARCHAR'})",
      );
      return JSON.stringify(result.getRowsJson());
    } catch {
      return undefined;
    }
  };
  await writeFile(path, whole);
  await new ProvenFiles(checkObject).prove([path]);
  const expected = await rowsOf();
  let silent = 0;
  // After the head of gzip, which says nothing of the text.
  for (let at = 10; at < whole.length; at += 11) {
    const rotten = Buffer.from(whole);
    rotten[at]! ^= 1 << (at % 8);
    await writeFile(path, rotten);
    await expect(new ProvenFiles(checkObject).prove([path])).rejects.toThrow(`The object ${path} is damaged`);
    const rows = await rowsOf();
    if (rows !== undefined && rows !== expected) silent += 1;
  }
  // If DuckDB refuses all of them one day, the proof can go.
  expect(silent).toBeGreaterThan(0);
});
