/**
 * Cuts the text of a query into its pieces: `field:term`, `-field:(term OR term)`, `payload.path:term`, times, and
 * text to look for. A quote begins a term or a phrase; within a bare term it stands for itself, as the API has it.
 */
import { isPathField, readPath } from '#domain/filter/path.ts';
import { parseTerm, type Term } from '#domain/filter/term.ts';
import {
  fieldOfPath,
  isQueryField,
  isTimeName,
  pathStarts,
  type QueryField,
  queryFields,
  timeNames,
} from './query-fields.ts';
import { say, words } from './words.ts';

const { faults: faultWords } = words.query;

/** The API's limit of `q`. */
export const maxTextUnits = 1024;

/** What is wrong, and the place of it in the text, from 0. */
export type QueryFault = { message: string; at: number };

export type PlacedTerm = { term: Term; at: number };
export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'time'; name: (typeof timeNames)[number]; value: string; at: number }
  | { kind: 'filter'; field: QueryField; isNegated: boolean; terms: PlacedTerm[] };

const blank = /\s*/y;
const fieldStart = /(-?)([A-Za-z_][\w.]*):/y;
const pathStart = /(-?)([a-z]+)\./y;
const quotedText = /"((?:[^"\\]|\\["\\])*)"/y;
const bareWord = /[^\s"]\S*/y;
/**
 * In quotes if it has characters that mean something, an end of a range each; or up to a blank, a comma, a
 * `)`.
 */
const term =
  /-?(?:\.\."(?:[^"\\]|\\["\\])*"|"(?:[^"\\]|\\["\\])*"(?:\*|\.\.(?:"(?:[^"\\]|\\["\\])*")?)?|[^\s",)][^\s,)]*)/y;

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};
const skip = (text: string, at: number): number => at + match(blank, text, at)![0].length;

export const readPieces = (text: string): { pieces: Piece[]; faults: QueryFault[] } => {
  const pieces: Piece[] = [];
  const faults: QueryFault[] = [];
  for (let at = skip(text, 0); at < text.length; at = skip(text, at)) {
    const read = readPiece(text, at, faults);
    if (read.piece) pieces.push(read.piece);
    at = read.end;
  }
  return { pieces, faults };
};

type Read = { piece: Piece | undefined; end: number };

const readPiece = (text: string, at: number, faults: QueryFault[]): Read => {
  const path = readPathPiece(text, at, faults);
  if (path) return path;
  const field = match(fieldStart, text, at);
  if (field) return readField(text, at, field, faults);
  if (text[at] === '"') {
    const quoted = match(quotedText, text, at);
    if (!quoted) {
      faults.push({ message: faultWords.quote, at });
      return { piece: undefined, end: text.length };
    }
    const found = quoted[1]!.replaceAll(/\\(["\\])/g, '$1');
    return { piece: found === '' ? undefined : { kind: 'text', text: found }, end: at + quoted[0].length };
  }
  const [word] = match(bareWord, text, at)!;
  if (word.startsWith('-') && word.length > 1) {
    faults.push({ message: faultWords.excludedText, at });
    return { piece: undefined, end: at + word.length };
  }
  return { piece: { kind: 'text', text: word }, end: at + word.length };
};

/** Undefined if it is not a path: a word such as `payload.json` is a text. */
const readPathPiece = (text: string, at: number, faults: QueryFault[]): Read | undefined => {
  const [whole = '', sign, root = ''] = match(pathStart, text, at) ?? [];
  if (!isPathField(root)) return undefined;
  const read = readPath(text, at + whole.length);
  if ('fault' in read) {
    if (!/^\S*[":]/.test(text.slice(at))) return undefined;
    faults.push({ message: faultWords.path, at: read.at });
    return { piece: undefined, end: skipWord(text, at) };
  }
  if (text[read.end] !== ':') return undefined;
  const field = fieldOfPath(root, read.path);
  const { terms, end } = readTerms(text, read.end + 1, field, faults);
  return filterOf({ field, isNegated: sign === '-', terms }, end, faults);
};

const readField = (text: string, at: number, field: RegExpExecArray, faults: QueryFault[]): Read => {
  const [whole, sign, name] = field as unknown as [string, string, string];
  const start = at + whole.length;
  const { terms, end } = readTerms(text, start, name, faults);
  if (isTimeName(name) && sign === '') {
    const piece: Piece = { kind: 'time', name, value: text.slice(start, end), at: start };
    return { piece: terms.length === 0 ? undefined : piece, end };
  }
  if (!isQueryField(name)) {
    const fields = [...queryFields, ...pathStarts.map(start => `${start}…`), ...timeNames].join(', ');
    faults.push({ message: say(faultWords.field, { name, fields }), at });
    return { piece: undefined, end };
  }
  return filterOf({ field: name, isNegated: sign === '-', terms }, end, faults);
};

type FilterPiece = Omit<Piece & { kind: 'filter' }, 'kind'>;

const filterOf = (filter: FilterPiece, end: number, faults: QueryFault[]): Read => {
  const { isNegated, terms } = filter;
  const twice = isNegated ? terms.find(placed => placed.term.isNegated) : undefined;
  if (twice) faults.push({ message: faultWords.twiceExcluded, at: twice.at });
  return { piece: terms.length === 0 ? undefined : { kind: 'filter', ...filter }, end };
};

/** One term; several with commas between them; or several with OR between them, in parentheses. */
const readTerms = (
  text: string,
  start: number,
  name: string,
  faults: QueryFault[],
): { terms: PlacedTerm[]; end: number } => {
  const isList = text[start] === '(';
  const separator = isList ? /\s+OR(?=\s)\s*|\s*,\s*/y : /,/y;
  const terms: PlacedTerm[] = [];
  let at = isList ? skip(text, start + 1) : start;
  for (;;) {
    const found = match(term, text, at);
    const read = found ? parseTerm(found[0]) : { fault: '', at: 0 };
    if (!found || 'fault' in read) {
      const message = text[at] === '"' ? faultWords.quote : say(faultWords.value, { name });
      faults.push({ message, at });
      return { terms, end: skipWord(text, at) };
    }
    terms.push({ term: read, at });
    at += found[0].length;
    const next = match(separator, text, at);
    if (next) {
      at += next[0].length;
      continue;
    }
    if (!isList) return { terms, end: endOfWord(text, at, faults) };
    at = skip(text, at);
    if (text[at] === ')') return { terms, end: at + 1 };
    faults.push({ message: at === text.length ? faultWords.parenthesis : faultWords.or, at });
    return { terms, end: skipWord(text, at) };
  }
};

const skipWord = (text: string, at: number): number => {
  const [word = ''] = match(bareWord, text, at) ?? [];
  return word === '' && text[at] === '"' ? text.length : at + word.length;
};

/** What follows a term without a blank between them belongs to nothing. */
const endOfWord = (text: string, at: number, faults: QueryFault[]): number => {
  if (at === text.length || /\s/.test(text[at]!)) return at;
  faults.push({ message: faultWords.blank, at });
  return skipWord(text, at) || text.length;
};
