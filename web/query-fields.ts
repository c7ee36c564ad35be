/** The names that a query knows. */
import type { ColumnField } from '#domain/filter/filter.ts';
import {
  isPathField,
  maxSteps,
  type Path,
  type PathField,
  pathFields,
  printPath,
} from '#domain/filter/path.ts';

/** A field, or a path into one as `printPath` has it: `payload.pull_request.branch`. */
export type QueryField = ColumnField | `${PathField}.${string}`;

/** In the order in which they are suggested; a test holds that they and those with paths are the API's. */
export const queryFields = [
  'action',
  'actor',
  'target',
  'success',
  'address',
  'request_id',
  'client_trace_id',
  'id',
] as const satisfies readonly ColumnField[];

/** They set the range of the view. */
export const timeNames = ['since', 'from', 'to'] as const;

/** What stands in front of a path, each with its dot. */
export const pathStarts = pathFields.map(field => `${field}.` as const);

export const isQueryField = (name: string): name is ColumnField =>
  (queryFields as readonly string[]).includes(name);

export const isTimeName = (name: string): name is (typeof timeNames)[number] =>
  (timeNames as readonly string[]).includes(name);

/** One text for each place: the dots of a name of metadata need no quotes. */
export const fieldOfPath = (field: PathField, path: Path): QueryField => {
  const steps = field === 'metadata' ? path.join('.').split('.') : path;
  return `${field}.${printPath(steps.length > maxSteps ? path : steps)}`;
};

/** The field of the API, and the path into it. */
export const partsOf = (name: QueryField): [field: ColumnField | PathField, path: string | undefined] => {
  const dot = name.indexOf('.');
  const field = name.slice(0, dot);
  return isPathField(field) ? [field, name.slice(dot + 1)] : [name as ColumnField, undefined];
};
