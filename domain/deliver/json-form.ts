/** The JSON form: the line of an export in `ndjson`, which is I-JSON whatever was sent. */
import { exportedColumns } from '#domain/archive/columns.ts';
import { ndjsonLine } from '#domain/export/ndjson-line.ts';
import type { Form } from './form.ts';

const names = exportedColumns.map(({ name }) => name);

export const jsonForm: Form = {
  format: 'json',
  version: 1,
  line: cells =>
    ndjsonLine(
      names,
      names.map(name => (cells[name] === undefined ? null : String(cells[name]))),
    ),
};
