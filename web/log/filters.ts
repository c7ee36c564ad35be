/** Changes to a query by one of its values: only this, not this, and no longer this. */
import { parseQuery, printQuery, type Query, type QueryFilter } from '../query.ts';
import type { QueryField } from '../query-fields.ts';

const changed = (
  text: string,
  change: (filters: readonly QueryFilter[]) => readonly QueryFilter[],
): string => {
  const { query } = parseQuery(text);
  return printQuery({ ...query, filters: change(query.filters) });
};

const value = (text: string) => ({ isNegated: false, kind: 'value', value: text }) as const;

/** The query with this value alone for the field. */
export const onlyThis = (query: string, field: QueryField, text: string): string =>
  changed(query, filters => [
    ...filters.filter(filter => filter.field !== field),
    { field, isNegated: false, terms: [value(text)] },
  ]);

/** The query without this value; what else is excluded stays. */
export const notThis = (query: string, field: QueryField, text: string): string =>
  changed(query, filters => {
    const isOther = (filter: QueryFilter): boolean => filter.field !== field || !filter.isNegated;
    const excluded = filters.find(filter => !isOther(filter))?.terms ?? [];
    const isThere = excluded.some(term => term.kind === 'value' && term.value === text);
    const terms = isThere ? excluded : [...excluded, value(text)];
    return [...filters.filter(isOther), { field, isNegated: true, terms }];
  });

/** The query without one of its filters. */
export const withoutFilter = (query: string, { field, isNegated }: QueryFilter): string =>
  changed(query, filters =>
    filters.filter(filter => filter.field !== field || filter.isNegated !== isNegated),
  );

export const withoutText = (query: string): string => {
  const parsed: Query = parseQuery(query).query;
  return printQuery({ ...parsed, text: undefined });
};
