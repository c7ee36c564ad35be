/** Where the caret stands in a query, and what may be written there. */

import type { FilterField } from '#domain/filter/filter.ts';
import { printFilter } from '../query.ts';
import { isQueryField, queryFields } from '../query-fields.ts';
import { words } from '../words.ts';

export type Place =
  | { kind: 'field'; start: number; end: number; written: string }
  | { kind: 'value'; field: FilterField; start: number; end: number; written: string };

const wordAround = /(-?)([a-z_]*)$/;
const valueAround = /(?:^|\s)-?([a-z_]+):(?:\([^)]*?(?:^|\sOR\s+|\(|,\s*)|[^\s(]*,)?(-?[^\s",()]*)$/;

/** Undefined where nothing can be suggested, such as within quotes. */
export const placeAt = (text: string, caret: number): Place | undefined => {
  const before = text.slice(0, caret);
  const value = valueAround.exec(before);
  if (value && isQueryField(value[1]!)) {
    const written = value[2]!.replace(/^-/, '');
    return { kind: 'value', field: value[1], start: caret - written.length, end: caret, written };
  }
  const word = /(?:^|\s)-?[a-z_]*$/.test(before) ? wordAround.exec(before) : null;
  if (!word) return undefined;
  const written = word[2]!;
  return { kind: 'field', start: caret - written.length, end: caret, written };
};

export type Suggestion = { text: string; description: string | undefined };

export const suggestFields = (written: string): Suggestion[] =>
  queryFields
    .filter(field => field.startsWith(written))
    .map(field => ({ text: `${field}:`, description: words.query.descriptions[field] }));

/** The values that hold what is written, those that begin with it first; quoted where they must be. */
export const suggestValues = (
  { field, written }: Place & { kind: 'value' },
  values: readonly { value: string; description: string | undefined }[],
  most = 12,
): Suggestion[] => {
  const folded = written.toLowerCase();
  const rank = (value: string): number => value.toLowerCase().indexOf(folded);
  return values
    .filter(({ value }) => rank(value) >= 0 && value !== '')
    .sort((a, b) => Math.sign(rank(a.value)) - Math.sign(rank(b.value)))
    .slice(0, most)
    .map(({ value, description }) => {
      const filter = printFilter({
        field,
        isNegated: false,
        terms: [{ isNegated: false, kind: 'value', value }],
      });
      return { text: filter.slice(field.length + 1), description };
    });
};

/** The text with the suggestion at the place, and where the caret stands then. */
export const complete = (
  text: string,
  { start, end, kind }: Place,
  suggestion: string,
): { text: string; caret: number } => {
  const after = kind === 'value' && !/^[\s,)]/.test(text.slice(end)) ? ' ' : '';
  const head = `${text.slice(0, start)}${suggestion}${after}`;
  return { text: `${head}${text.slice(end)}`, caret: head.length };
};
