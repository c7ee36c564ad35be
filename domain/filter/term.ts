/**
 * The grammar of a filter's values: terms with commas between them. A term is a value, the beginning of one
 * (`user.*`), or a range in the order of UTF-8 (`a..b`, an end may be left out, both ends are in it); `-` in front
 * negates it. A value with characters that mean something here is quoted: `"a, b"`, with `\"` and `\\` within. A term
 * of a field that has paths begins with one: `pull_request.branch:main`.
 */
import { type Path, printPath, readPath } from './path.ts';

/** `path` is there in the terms of the fields that have paths. */
export type Term = { isNegated: boolean; path?: Path } & (
  | { kind: 'value'; value: string }
  | { kind: 'prefix'; value: string }
  | { kind: 'range'; from: string | undefined; to: string | undefined }
);

/** The greatest number of terms of one request, over all of its fields. */
export const maxTerms = 100;

/** Why a text is not a list of terms; `at` is the place in it, from 0. */
export type TermFault = { fault: string; at: number };

const quoted = /"((?:[^"\\]|\\["\\])*)"/y;
/** Up to a comma; a quote in the middle stands for itself. */
const bare = /[^",][^,]*/y;

/** The terms of a list; an empty list is a fault. */
export const parseTerms = (text: string, hasPath = false): Term[] | TermFault => {
  const terms: Term[] = [];
  let at = 0;
  for (;;) {
    while (text[at] === ' ') at++;
    const read = readTerm(text, at, bare, hasPath);
    if ('fault' in read) return read;
    terms.push(read.term);
    if (terms.length > maxTerms) return { fault: `Expected at most ${maxTerms} values`, at };
    at = read.end;
    while (text[at] === ' ') at++;
    if (at === text.length) return terms;
    if (text[at] !== ',') return { fault: 'Expected a comma after a quoted value', at };
    at++;
  }
};

/** One term, which is the whole text: commas in it need no quotes. */
export const parseTerm = (text: string, hasPath = false): Term | TermFault => {
  const read = readTerm(text, 0, /[^"].*/sy, hasPath);
  if ('fault' in read) return read;
  return read.end === text.length
    ? read.term
    : { fault: 'Expected nothing after a quoted value', at: read.end };
};

type Read = { term: Term; end: number };

const readTerm = (text: string, start: number, unquoted: RegExp, hasPath: boolean): Read | TermFault => {
  if (!hasPath) return readValue(text, start, unquoted);
  const isNegated = text[start] === '-';
  const read = readPath(text, isNegated ? start + 1 : start);
  if ('fault' in read) return read;
  const { path, end: at } = read;
  if (text[at] !== ':') return { fault: 'Expected a colon and a value after the path', at };
  const value = readValue(text, at + 1, unquoted);
  if ('fault' in value) return value;
  if (isNegated && value.term.isNegated)
    return { fault: 'Expected one "-", before the path or before the value', at: at + 1 };
  return { ...value, term: { ...value.term, path, isNegated: isNegated || value.term.isNegated } };
};

const readValue = (text: string, start: number, unquoted: RegExp): Read | TermFault => {
  const isNegated = text[start] === '-';
  const at = isNegated ? start + 1 : start;
  if (text.startsWith('.."', at)) {
    const end = readQuoted(text, at + 2);
    if ('fault' in end) return end;
    return { term: { isNegated, kind: 'range', from: undefined, to: end.value }, end: end.end };
  }
  if (text[at] !== '"') {
    unquoted.lastIndex = at;
    const value = unquoted.exec(text)?.[0].trimEnd() ?? '';
    if (value === '') return { fault: 'Expected a value', at };
    return { term: { isNegated, ...readBare(value) }, end: at + value.length };
  }
  const first = readQuoted(text, at);
  if ('fault' in first) return first;
  if (text[first.end] === '*')
    return { term: { isNegated, kind: 'prefix', value: first.value }, end: first.end + 1 };
  if (!text.startsWith('..', first.end))
    return { term: { isNegated, kind: 'value', value: first.value }, end: first.end };
  const second = text[first.end + 2] === '"' ? readQuoted(text, first.end + 2) : undefined;
  if (second && 'fault' in second) return second;
  return {
    term: { isNegated, kind: 'range', from: first.value, to: second?.value },
    end: second?.end ?? first.end + 2,
  };
};

const readQuoted = (text: string, at: number): { value: string; end: number } | TermFault => {
  quoted.lastIndex = at;
  const match = quoted.exec(text);
  if (!match) return { fault: 'Expected the quote to be closed, with \\" and \\\\ for those within', at };
  return { value: match[1]!.replaceAll(/\\(["\\])/g, '$1'), end: quoted.lastIndex };
};

type Bare =
  | { kind: 'value' | 'prefix'; value: string }
  | { kind: 'range'; from: string | undefined; to: string | undefined };

const readBare = (text: string): Bare => {
  const dots = text.indexOf('..');
  if (dots >= 0 && text.length > 2)
    return { kind: 'range', from: text.slice(0, dots) || undefined, to: text.slice(dots + 2) || undefined };
  return text.endsWith('*') ? { kind: 'prefix', value: text.slice(0, -1) } : { kind: 'value', value: text };
};

/** The term as a text that `parseTerms` reads back. */
export const printTerm = (term: Term): string => {
  const sign = `${term.isNegated ? '-' : ''}${term.path ? `${printPath(term.path)}:` : ''}`;
  const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
  const quoteEnd = (value: string | undefined): string => (value === undefined ? '' : quote(value));
  switch (term.kind) {
    case 'value':
      return `${sign}${quote(term.value)}`;
    case 'prefix':
      return `${sign}${quote(term.value)}*`;
    case 'range':
      return `${sign}${quoteEnd(term.from)}..${quoteEnd(term.to)}`;
  }
};
