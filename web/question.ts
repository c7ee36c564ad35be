/** What a view asks of the log, as the API takes it; the log, its histogram and an export ask the same. */
import type { FilterField } from '#domain/filter/filter.ts';
import { bodyOfQuery, parseQuery } from './query.ts';
import { resolveRange } from './range.ts';
import type { View } from './view.ts';

export type Question = {
  scope_id: string;
  from?: string;
  to?: string;
} & Partial<Record<FilterField | 'q', string | string[]>>;

/** What the view means now: a relative range becomes instants. What of the query is faulty is left out. */
export const questionOf = (
  { query, range }: Pick<View, 'query' | 'range'>,
  scopeId: string,
  nowMs: number,
): Question => {
  const { from, to } = resolveRange(range, nowMs);
  return {
    scope_id: scopeId,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...bodyOfQuery(parseQuery(query).query),
  };
};
