/** Rows as the text of a CSV for spreadsheets, in the form of an export's `csv-excel`. */
import { exportedColumns } from '#domain/archive/columns.ts';
import { type Cell, printCsvLine } from '#domain/export/csv-line.ts';
import { excelCells, excelColumns } from '#domain/export/excel-line.ts';
import { membersOf } from '#domain/json/entries.ts';
import { unquote } from '#domain/json/token.ts';
import type { Row } from './rows.ts';

const names = exportedColumns.map(({ name }) => name);

/** The cells of an exported line. A text stands for JSON if readers would differ about that. */
const cellsOf = ({ raw }: Row): Cell[] => {
  const tokens = new Map([...membersOf(raw)].map(({ key, value }) => [unquote(key), value]));
  return names.map(name => {
    const token = tokens.get(name);
    if (token === undefined || token === 'null') return null;
    return token.startsWith('"') ? unquote(token) : token;
  });
};

/** With the names of the columns in its first line. */
export const csvOfRows = (rows: readonly Row[]): string =>
  [excelColumns(names), ...rows.map(row => excelCells(names, cellsOf(row)))].map(printCsvLine).join('');
