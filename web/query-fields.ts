/** The names that a query knows. */
import type { FilterField } from '#domain/filter/filter.ts';

/** In the order in which they are suggested; a test holds that they are those of the API. */
export const queryFields = [
  'action',
  'actor',
  'target',
  'success',
  'address',
  'request_id',
  'client_trace_id',
  'id',
] as const satisfies readonly FilterField[];

/** They set the range of the view. */
export const timeNames = ['since', 'from', 'to'] as const;

export const isQueryField = (name: string): name is FilterField =>
  (queryFields as readonly string[]).includes(name);

export const isTimeName = (name: string): name is (typeof timeNames)[number] =>
  (timeNames as readonly string[]).includes(name);
