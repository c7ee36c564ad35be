/** The reference of the files that an export makes: the columns of each format. */
import { exportedColumns } from '#domain/archive/columns.ts';
import { excelColumns } from '#domain/export/excel-line.ts';
import { exportFormats } from '#domain/export/format.ts';
import { pageHead, table } from './markdown-table.ts';

const names = exportedColumns.map(({ name }) => name);

const types: Readonly<Record<string, string>> = {
  varchar: 'text',
  integer: 'integer',
  boolean: '`true`, `false`',
};

const aboutCsv = [
  'UTF-8 without a byte order mark, a line of the names of the columns first, lines end with LF. Each value is in',
  'quotes, with quotes doubled; what is absent is empty, without quotes. Rows are in the order of `occurred_at`, `id`,',
  '`scope_id`. Nested fields are the JSON that was sent, token for token.',
].join(' ');
const aboutNdjson = [
  'One JSON object in each line, with the same names in the same order; what is absent is null. If readers would',
  'differ about the JSON of a field, it is a string that holds the text, and `irregular` names it.',
].join(' ');

export const printColumns = (): string =>
  `${pageHead(
    'The columns of an export',
    `The formats are ${exportFormats.map(format => `\`${format}\``).join(', ')}; \`csv\` is the default. ` +
      '[Handing a customer their log](../support.md#file-formats) says what each is for.',
  )}
## csv

${aboutCsv}

${table(
  ['column', 'type', 'always there', 'what it holds'],
  exportedColumns.map(({ name, type, isRequired, comment }) => [
    `\`${name}\``,
    types[type]!,
    isRequired ? 'yes' : 'no',
    comment,
  ]),
)}

## csv-excel

The same rows with a byte order mark, and with columns of their own for what people look for:

${excelColumns(names)
  .map(name => `\`${name}\``)
  .join(', ')}

## ndjson

${aboutNdjson}
`;
