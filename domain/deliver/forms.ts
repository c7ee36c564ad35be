/** Every form that was ever released, so that an open run of an older version can still be sent. */
import type { DeliveryFormat, Form } from './form.ts';
import { jsonForm } from './json-form.ts';
import { type OcsfTable, ocsfForm } from './ocsf.ts';

const formsOf = (table: OcsfTable): readonly Form[] => [jsonForm, ocsfForm(table)];

/**
 * The form of a format in its newest version, or in the one that is given. Throws if there is no such form. A form of
 * OCSF also depends on the classes of the catalogue's actions: a run keeps the table that it was frozen with, or a
 * later try gives another text.
 */
export const formOf = (format: DeliveryFormat, version?: number, table: OcsfTable = {}): Form => {
  const found = formsOf(table).filter(
    form => form.format === format && (version === undefined || form.version === version),
  );
  const newest = found.sort((a, b) => b.version - a.version)[0];
  if (!newest) throw new RangeError(`There is no form "${format}" of version ${version ?? 'any'}`);
  return newest;
};

export const availableFormats: readonly DeliveryFormat[] = [
  ...new Set(formsOf({}).map(({ format }) => format)),
];
