import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsvLine, printCsvLine } from '#domain/export/csv-line.ts';

describe('a line of CSV', () => {
  it('is its cells, read and written', () => {
    const cell = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', 'é', '🦩', ';', '\\') }));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), list => {
        const line = printCsvLine(list);
        expect(parseCsvLine(line.slice(0, -1))).toEqual(list);
        const read = parse(line, {
          skip_empty_lines: false,
          cast: (value, { quoting }) => (quoting ? value : null),
        });
        if (list.length > 1) expect(read).toEqual([list]);
      }),
    );
  });

  it('is read however long a cell is', () => {
    const long = '"x'.repeat(300_000);
    expect(parseCsvLine(printCsvLine([long, null, long]).slice(0, -1))).toEqual([long, null, long]);
  });
});
