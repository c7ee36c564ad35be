/**
 * The formats of an export's file. The queries do not depend on them: a file is made from the kept lines.
 * `csv` is the contract's, the lines unchanged; the others are made from the same cells.
 */
import { exportedColumns } from '#domain/archive/columns.ts';
import { parseCsvLine, printCsvLine } from './csv-line.ts';
import { excelCells, excelColumns } from './excel-line.ts';
import { ndjsonLine } from './ndjson-line.ts';

export const exportFormats = ['csv', 'csv-excel', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** How a format makes a file from the lines of the CSV. */
export type LineWriter = {
  /** The beginning of the file. */
  header: Buffer;
  /** A line in the format, and whether one of its cells is longer than a spreadsheet shows. */
  write(line: string): { text: string; hasLongCell: boolean };
};

const names = exportedColumns.map(({ name }) => name);
export const csvHeader = Buffer.from(printCsvLine(names));

/**
 * https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
 */
export const maxCellCharacters = 32_767;
/** The header counts as one. */
export const maxSheetRows = 1_048_576;

const byteOrderMark = '\ufeff';

/** Undefined for `csv`, whose lines are passed on unchanged. */
export const lineWriters: Readonly<Record<ExportFormat, LineWriter | undefined>> = {
  csv: undefined,
  'csv-excel': {
    header: Buffer.from(byteOrderMark + printCsvLine(excelColumns(names))),
    write: line => {
      const cells = excelCells(names, parseCsvLine(line));
      const hasLongCell = cells.some(cell => cell !== null && cell.length > maxCellCharacters);
      return { text: printCsvLine(cells), hasLongCell };
    },
  },
  ndjson: {
    header: Buffer.alloc(0),
    write: line => ({ text: ndjsonLine(names, parseCsvLine(line)), hasLongCell: false }),
  },
};

type FileKind = { extension: string; contentType: string };

const fileKinds: Readonly<Record<ExportFormat, FileKind>> = {
  csv: { extension: 'csv', contentType: 'text/csv; charset=utf-8' },
  'csv-excel': { extension: 'csv', contentType: 'text/csv; charset=utf-8' },
  ndjson: { extension: 'ndjson', contentType: 'application/x-ndjson' },
};

/** The part of a request that describes the file; if it is absent, `csv` without compression. */
export type FileForm = { format?: ExportFormat | undefined; compression?: 'gzip' | undefined };

/** The extension of a file's name, and the type of its content. */
export const fileKindOf = ({ format = 'csv', compression }: FileForm): FileKind => {
  const { extension, contentType } = fileKinds[format];
  return compression === 'gzip'
    ? { extension: `${extension}.gz`, contentType: 'application/gzip' }
    : { extension, contentType };
};
