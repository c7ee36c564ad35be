import { describe, expect, it } from 'vitest';
import { type CsvRow, readCsv } from '#cli/import/csv-rows.ts';

async function* chunksOf(text: string, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const read = async (text: string, delimiter = ',') => {
  const { columns, rows } = await readCsv('log.csv', chunksOf(text), delimiter);
  const read: CsvRow[] = [];
  let error: unknown;
  try {
    for await (const row of rows) read.push(row);
  } catch (thrown) {
    error = thrown;
  }
  return { columns, rows: read, error };
};

describe('the rows of a CSV', () => {
  it('have their lines and their text, also after line breaks in values and blank lines', async () => {
    const { columns, rows } = await read('\ufeffa, b\r\n1,"x\r\ny"\r\n\r\n2,"q""q"\r\n3,é');
    expect(columns).toEqual(['a', 'b']);
    expect(rows).toEqual([
      { number: 1, line: 2, values: ['1', 'x\r\ny'], text: '1,"x\r\ny"' },
      { number: 2, line: 5, values: ['2', 'q"q'], text: '2,"q""q"' },
      { number: 3, line: 6, values: ['3', 'é'], text: '3,é' },
    ]);
  });

  it('may have another delimiter, and too few values', async () => {
    expect((await read('a;b\n1\n', ';')).rows).toMatchObject([{ values: ['1'] }]);
  });

  it('end at a quote that is never closed: what was read before counts', async () => {
    const { rows, error } = await read('a,b\n1,2\n3,"never\n4,5\n');
    expect(rows).toHaveLength(1);
    expect(error).toMatchObject({ name: 'CutShort', message: expect.stringContaining('line 3') });
  });

  it('end at an error of the file', async () => {
    const failing = async function* () {
      yield Buffer.from('a,b\n1,2\n');
      throw new Error('EIO');
    };
    const { rows } = await readCsv('log.csv', failing(), ',');
    await expect(
      (async () => {
        for await (const _ of rows);
      })(),
    ).rejects.toThrow('EIO');
  });

  it('need a header, with each column once', async () => {
    await expect(read('')).rejects.toThrow('log.csv is empty');
    await expect(read('a,a\n')).rejects.toThrow('the column "a" twice');
  });
});
