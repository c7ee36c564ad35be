/**
 * What of a log is shown, besides scope and window: one definition, in the form of JavaScript and of SQL. It
 * decides on events and not on rows: only the copy that was filed first is asked. Terms that are not negated are
 * alternatives; a negated one excludes. A negated filter holds if the field is absent, the others never do.
 */

import { idColumn } from '#domain/event/id-column.ts';
import { printIpAddress } from '#domain/event/ip-address.ts';
import { membersOf } from '#domain/json/entries.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { isPathField, type PathField, pathFields } from './path.ts';
import { pathMatcherOf } from './path-matcher.ts';
import { foldText, holdsText } from './search-text.ts';
import type { Term } from './term.ts';
import { holds, split } from './term-holds.ts';

/** The column of each field; the address stands within the request, and the values of paths within their column. */
export const columnOfField = {
  action: 'action',
  actor: 'actor_id',
  target: 'target_id',
  success: 'success',
  request_id: 'request_id',
  client_trace_id: 'client_trace_id',
  address: 'request',
  id: 'id',
  payload: 'payload',
  metadata: 'metadata',
} as const;

export type FilterField = keyof typeof columnOfField;
export const filterFields = Object.keys(columnOfField) as FilterField[];

export type EventFilter = {
  readonly terms: Readonly<Partial<Record<FilterField, readonly Term[]>>>;
  /** Text that an exported column contains, in any case. */
  readonly q?: string | undefined;
};

/** The cells of a row by column; an absent one is undefined. */
export type Cells = Readonly<Record<string, string | number | boolean | undefined>>;

/** The term as its column has its values. Throws nothing: what no column can hold matches nothing. */
export const termOfColumn = (field: FilterField, term: Term): Term => {
  if (term.kind !== 'value') return term;
  switch (field) {
    case 'actor':
    case 'target':
      return { ...term, value: idColumn(term.value) };
    case 'id':
      return { ...term, value: term.value.toLowerCase() };
    case 'address':
      return { ...term, value: printIpAddress(term.value) ?? term.value };
    default:
      return term;
  }
};

/** The fields that have values of their own. */
export type ColumnField = Exclude<FilterField, PathField>;

/** The values of a field: none if it is absent; an address may occur twice in a request. */
export const valuesOfField = (cells: Cells, field: ColumnField): readonly string[] => {
  const cell = cells[columnOfField[field]];
  if (cell === undefined) return [];
  return field === 'address' ? addressesOf(String(cell)) : [String(cell)];
};

const addressesOf = (request: string): string[] => {
  const addresses: string[] = [];
  for (const { key, value } of membersOf(request)) {
    if (unquote(key) !== 'ip_address' || kindOf(value) !== 'string') continue;
    const address = printIpAddress(unquote(value));
    if (address !== undefined) addresses.push(address);
  }
  return addresses;
};

/** The columns that a filter reads. */
export const columnsOfFilter = ({ terms, q }: EventFilter, searched: readonly string[]): string[] => [
  ...new Set([
    ...filterFields.filter(field => terms[field]).map(field => columnOfField[field]),
    ...(q === undefined ? [] : searched),
  ]),
];

/** Whether an event matches, by the cells of its first copy; `searched` are the columns of `q`. */
export const matcherOf = (filter: EventFilter, searched: readonly string[]): ((cells: Cells) => boolean) => {
  const fields = filterFields.flatMap(field => {
    if (isPathField(field)) return [];
    const terms = filter.terms[field]?.map(term => termOfColumn(field, term));
    return terms ? [{ field, ...split(terms) }] : [];
  });
  const paths = pathFields.flatMap(field => {
    const terms = filter.terms[field];
    return terms ? [{ column: columnOfField[field], isMatch: pathMatcherOf(field, terms) }] : [];
  });
  const text = filter.q === undefined ? undefined : foldText(filter.q);
  return cells => {
    for (const { field, wanted, excluded } of fields) {
      const values = valuesOfField(cells, field);
      if (wanted.length > 0 && !values.some(value => wanted.some(term => holds(term, value)))) return false;
      if (values.some(value => excluded.some(term => holds(term, value)))) return false;
    }
    if (!paths.every(({ column, isMatch }) => isMatch(String(cells[column] ?? '{}')))) return false;
    return (
      text === undefined ||
      searched.some(name => cells[name] !== undefined && holdsText(String(cells[name]), text))
    );
  };
};

/** The fields of which SQL decides as well: an address, a path and a text are within JSON. */
export type SqlField = Exclude<ColumnField, 'address'>;

/**
 * The same condition in the part of SQL that Trino and DuckDB share; true if there are no terms. Throws
 * `NoLiteral`.
 */
export const sqlOfTerms = (terms: Readonly<Partial<Record<SqlField, readonly Term[]>>>): string => {
  const conditions = (Object.keys(terms) as SqlField[]).flatMap(field => {
    const column = `"${columnOfField[field]}"`;
    const { wanted, excluded } = split((terms[field] ?? []).map(term => termOfColumn(field, term)));
    const literal = field === 'success' ? (value: string) => String(value === 'true') : sqlLiteral;
    const alternatives = wanted.map(term => holdsInSql(term, column, literal));
    return [
      ...(alternatives.length > 1 ? [`(${alternatives.join(' OR ')})`] : alternatives),
      ...excluded.map(term => `(${holdsInSql(term, column, literal)}) IS DISTINCT FROM true`),
    ];
  });
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
};

const holdsInSql = (term: Term, column: string, literal: (value: string) => string): string => {
  switch (term.kind) {
    case 'value':
      return `${column} = ${literal(term.value)}`;
    case 'prefix':
      // LIKE would treat some characters specially; substr counts characters, as does the spread.
      return `substr(${column}, 1, ${[...term.value].length}) = ${literal(term.value)}`;
    case 'range':
      return [
        ...(term.from === undefined ? [] : [`${column} >= ${literal(term.from)}`]),
        ...(term.to === undefined ? [] : [`${column} <= ${literal(term.to)}`]),
      ].join(' AND ');
  }
};
