/**
 * What an export of a view asks for: its query as a filter, and its range as instants, so that the file holds what
 * the view showed whenever the export runs.
 */
import type { Instant } from '#domain/time.ts';
import { bodyOfQuery, parseQuery } from '../query.ts';
import { parseRange, type Range, resolveRange } from '../range.ts';
import type { View } from '../view.ts';

export type Filter = ReturnType<typeof bodyOfQuery>;
export type Selection = {
  from: Instant | undefined;
  to: Instant | undefined;
  /** The members of a search; undefined if every event is wanted. */
  filter: Filter | undefined;
};

export const wholeLog: Selection = { from: undefined, to: undefined, filter: undefined };

/** Or what is wrong with the query of the view. */
export const selectionOf = (
  { query: text, range }: Pick<View, 'query' | 'range'>,
  nowMs: number,
): Selection | { fault: string } => {
  const { query, faults } = parseQuery(text);
  const [fault] = faults;
  if (fault) return { fault: fault.message };
  const { since, from, to } = query.range ?? {};
  // What the text says of the range stands above the range of the view.
  const asked: Range = since === undefined ? range : (parseRange(`${since}@UTC`) ?? range);
  const window = resolveRange(query.range && since === undefined ? { kind: 'all' } : asked, nowMs);
  const filter = bodyOfQuery(query);
  return {
    from: from ?? window.from,
    to: to ?? window.to,
    filter: Object.keys(filter).length === 0 ? undefined : filter,
  };
};

/** The body of a search, a histogram or an export has these. */
export const windowOf = ({ from, to }: Selection): { from?: Instant; to?: Instant } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});
