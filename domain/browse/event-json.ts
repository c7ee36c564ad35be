/**
 * An event as a browsed log gives it: the eleven fields as they were sent, token for token, when it was received
 * and filed, the codes of its warnings, and its current form if the catalogue has a newer version. It is I-JSON, as
 * a line of an export in `ndjson` is: what readers would differ about is a string that holds its JSON text, and
 * `irregular` names it. Otherwise one event could keep a strict reader from the page that it is on.
 */
import { exportedColumns } from '#domain/archive/columns.ts';
import type { Payload } from '#domain/catalogue/action.ts';
import { ndjsonLine } from '#domain/export/ndjson-line.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { isIrregular } from '#domain/json/irregular.ts';

const names = exportedColumns.map(({ name }) => name);

export type CurrentForm = (
  action: string,
  version: number,
  payload: Payload,
) => { version: number; payload: Payload } | undefined;

/** The text of the JSON object. */
export const printEvent = (cells: Cells, currentForm: CurrentForm): string => {
  const line = ndjsonLine(
    names,
    names.map(name => (cells[name] === undefined ? null : String(cells[name]))),
  );
  const { received_at, filed_at, warnings } = cells;
  const more = [
    `"received_at":"${received_at}"`,
    `"filed_at":"${filed_at}"`,
    ...(warnings === undefined ? [] : [`"warnings":${JSON.stringify(String(warnings).split(','))}`]),
  ];
  const current = currentOf(cells, currentForm);
  if (current !== undefined) more.push(`"current":${current}`);
  return `${line.slice(0, line.lastIndexOf('}'))},${more.join(',')}}`;
};

const currentOf = ({ action, version, payload }: Cells, currentForm: CurrentForm): string | undefined => {
  const text = String(payload);
  if (isIrregular(text)) return undefined;
  return JSON.stringify(currentForm(String(action), Number(version), JSON.parse(text) as Payload));
};
