/** Every form that was ever released, so that an open run of an older version can still be sent. */
import type { DeliveryFormat, Form } from './form.ts';
import { jsonForm } from './json-form.ts';

const forms: readonly Form[] = [jsonForm];

/** The form of a format in its newest version, or in the one that is given. Throws if there is no such form. */
export const formOf = (format: DeliveryFormat, version?: number): Form => {
  const found = forms.filter(
    form => form.format === format && (version === undefined || form.version === version),
  );
  const newest = found.sort((a, b) => b.version - a.version)[0];
  if (!newest) throw new RangeError(`There is no form "${format}" of version ${version ?? 'any'}`);
  return newest;
};

export const availableFormats: readonly DeliveryFormat[] = [...new Set(forms.map(({ format }) => format))];
