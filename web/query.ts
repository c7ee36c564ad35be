/**
 * The query as text and as filters: two faces of one thing, since the query box, its chips, saved views and
 * links must never mean different things. The values are terms of `domain/filter/term.ts`. Parsing never
 * throws: it takes what it can, and says what is wrong, and where.
 */
import type { FilterField } from '#domain/filter/filter.ts';
import { maxTerms, printTerm, type Term } from '#domain/filter/term.ts';
import { parseInstantOrDate } from '#domain/time.ts';
import { partsOf, type QueryField } from './query-fields.ts';
import { maxTextUnits, type Piece, type QueryFault, readPieces } from './query-pieces.ts';
import { faultOfTerm } from './query-terms.ts';
import { isRelative } from './range.ts';
import { say, words } from './words.ts';

const { faults: faultWords } = words.query;

/** A term without its sign, which is that of the filter. */
export type QueryTerm = Term & { isNegated: false };

/** The values that a field must have, or must not have. */
export type QueryFilter = { field: QueryField; isNegated: boolean; terms: readonly QueryTerm[] };

/** What the text says of the range; it moves into the range of the view. */
export type QueryRange = { since?: string; from?: string; to?: string };

export type Query = {
  /** One for each field and sign. */
  filters: readonly QueryFilter[];
  /** What any field contains. */
  text: string | undefined;
  range: QueryRange | undefined;
};

export const emptyQuery: Query = { filters: [], text: undefined, range: undefined };

export const parseQuery = (text: string): { query: Query; faults: QueryFault[] } => {
  const { pieces, faults } = readPieces(text);
  const filters = new Map<string, QueryFilter>();
  const found: string[] = [];
  const range: QueryRange = {};
  for (const piece of pieces) {
    if (piece.kind === 'text') found.push(piece.text);
    else if (piece.kind === 'time') readTime(piece, range, faults);
    else addFilter(filters, piece, faults);
  }
  const query: Query = {
    filters: [...filters.values()],
    text: found.length === 0 ? undefined : found.join(' '),
    range: Object.keys(range).length === 0 ? undefined : range,
  };
  checkLimits(query, text, faults);
  return { query, faults: faults.sort((a, b) => a.at - b.at) };
};

const addFilter = (
  filters: Map<string, QueryFilter>,
  piece: Piece & { kind: 'filter' },
  faults: QueryFault[],
): void => {
  const { field } = piece;
  for (const { term, at } of piece.terms) {
    const message = faultOfTerm(field, term);
    if (message !== undefined) {
      faults.push({ message, at });
      continue;
    }
    const isNegated = piece.isNegated || term.isNegated;
    const key = `${isNegated} ${field}`;
    const known = filters.get(key)?.terms ?? [];
    const plain = { ...term, isNegated: false } as QueryTerm;
    const isThere = known.some(other => printTerm(other) === printTerm(plain));
    filters.set(key, { field, isNegated, terms: isThere ? known : [...known, plain] });
  }
};

const readTime = (
  { name, value, at }: Piece & { kind: 'time' },
  range: QueryRange,
  faults: QueryFault[],
): void => {
  const instant = parseInstantOrDate(value);
  if (name === 'since' && isRelative(value)) range.since = value;
  else if (instant !== undefined) range[name === 'to' ? 'to' : 'from'] = instant;
  else faults.push({ message: faultWords.time, at });
};

const checkLimits = ({ filters, text: found, range }: Query, text: string, faults: QueryFault[]): void => {
  if (filters.reduce((sum, { terms }) => sum + terms.length, 0) > maxTerms)
    faults.push({ message: say(faultWords.tooMany, { n: maxTerms }), at: 0 });
  if ((found?.length ?? 0) > maxTextUnits)
    faults.push({ message: say(faultWords.longText, { n: maxTextUnits }), at: 0 });
  if (!text.isWellFormed()) faults.push({ message: faultWords.unwhole, at: 0 });
  if (range?.from !== undefined && range.to !== undefined && range.from >= range.to)
    faults.push({ message: faultWords.emptyRange, at: text.search(/\b(from|since):/) });
};

/** The text that `parseQuery` reads back as this query. */
export const printQuery = ({ filters, text, range }: Query): string =>
  [
    ...filters.map(printFilter),
    ...(text === undefined ? [] : [printText(text)]),
    ...Object.entries(range ?? {}).map(([name, value]) => `${name}:${value}`),
  ].join(' ');

export const printFilter = ({ field, isNegated, terms }: QueryFilter): string => {
  const values = terms.map(printValue);
  return `${isNegated ? '-' : ''}${field}:${values.length === 1 ? values[0] : `(${values.join(' OR ')})`}`;
};

/** What means the same without quotes, in a query and for `parseTerms`. */
const plain = /^(?!OR$)[\p{L}\p{N}_@./:+#%=~$&!?;{}[\]|^<>'-]+$/u;
const isPlain = (value: string): boolean => plain.test(value) && !/^-|\.\./.test(value);

const printValue = (term: QueryTerm): string => {
  switch (term.kind) {
    case 'value':
      return isPlain(term.value) ? term.value : printTerm(term);
    case 'prefix':
      return term.value === '' || isPlain(term.value) ? `${term.value}*` : printTerm(term);
    case 'range':
      return [term.from, term.to].every(end => end === undefined || (isPlain(end) && !/^\.|\.$/.test(end)))
        ? `${term.from ?? ''}..${term.to ?? ''}`
        : printTerm(term);
  }
};

const printText = (text: string): string => {
  const isBare = text.split(' ').every(word => isPlain(word) && !word.includes(':'));
  return isBare ? text : printTerm({ isNegated: false, kind: 'value', value: text });
};

/** The members of a search of the API, as a body has them: a term in each text. */
export const bodyOfQuery = ({
  filters,
  text,
}: Query): Partial<Record<FilterField | 'q', string | string[]>> => {
  const body: Partial<Record<FilterField, string[]>> = {};
  for (const { field: name, isNegated, terms } of filters) {
    const [field, path] = partsOf(name);
    const start = `${isNegated ? '-' : ''}${path === undefined ? '' : `${path}:`}`;
    body[field] = [...(body[field] ?? []), ...terms.map(term => start + printTerm(term))];
  }
  return { ...body, ...(text === undefined ? {} : { q: text }) };
};
