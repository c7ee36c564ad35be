/** Where the caret stands in a query, and what may be written there. */

import { isPathField, readPath } from '#domain/filter/path.ts';
import { printFilter } from '../query.ts';
import { fieldOfPath, isQueryField, pathStarts, type QueryField, queryFields } from '../query-fields.ts';
import { suggestWords } from '../words/suggest-words.ts';

export type Place =
  | { kind: 'field'; start: number; end: number; written: string }
  | { kind: 'value'; field: QueryField; start: number; end: number; written: string };

const wordAround = /(?:^|\s)-?([a-z_]*|(?:payload|metadata)\.[^\s":]*)$/;
const pathAround = String.raw`[a-z_]+(?:\.(?:"(?:[^"\\]|\\.)*"|[^\s".:])+)*`;
const listAround = String.raw`(?:\([^)]*?(?:^|\sOR\s+|\(|,\s*)|[^\s(]*,)?`;
const valueAround = new RegExp(String.raw`(?:^|\s)-?(${pathAround}):${listAround}(-?[^\s",()]*)$`);

/** Undefined where nothing can be suggested, such as within quotes. */
export const placeAt = (text: string, caret: number): Place | undefined => {
  const before = text.slice(0, caret);
  const value = valueAround.exec(before);
  const field = value ? fieldOf(value[1]!) : undefined;
  if (value && field) {
    const written = value[2]!.replace(/^-/, '');
    return { kind: 'value', field, start: caret - written.length, end: caret, written };
  }
  const word = wordAround.exec(before);
  if (!word) return undefined;
  const written = word[1]!;
  return { kind: 'field', start: caret - written.length, end: caret, written };
};

const fieldOf = (name: string): QueryField | undefined => {
  if (isQueryField(name)) return name;
  const dot = name.indexOf('.');
  const root = name.slice(0, dot);
  if (!isPathField(root)) return undefined;
  const read = readPath(name, dot + 1);
  return 'fault' in read ? undefined : fieldOfPath(root, read.path);
};

export type Suggestion = { text: string; description: string | undefined };

/** Once a path has begun, the paths that occur. */
export const suggestFields = (written: string, paths: readonly Suggestion[] = [], most = 12): Suggestion[] =>
  [
    ...queryFields.map(field => ({ text: `${field}:`, description: suggestWords.descriptions[field] })),
    ...(written.includes('.')
      ? paths
      : pathStarts.map(start => ({ text: start as string, description: suggestWords.paths[start] }))),
  ]
    .filter(({ text }) => text.startsWith(written))
    .slice(0, most);

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
