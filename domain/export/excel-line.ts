/**
 * A line for spreadsheets: what people look for has columns of its own beside the JSON, and no cell begins
 * with something that a spreadsheet runs as a formula, whether it divides the line at commas or, as in some
 * countries, at semicolons.
 */

import { JsonReader } from '#domain/json/reader.ts';
import { kindOf, unquote } from '#domain/json/token.ts';
import type { Cell } from './csv-line.ts';

/** The members of a column's JSON that have columns of their own, by the names of these columns. */
const flatColumns: Readonly<Record<string, readonly (readonly [column: string, member: string])[]>> = {
  actor: [
    ['actor_id', 'id'],
    ['actor_type', 'type'],
    ['actor_name', 'name'],
  ],
  target: [
    ['target_id', 'id'],
    ['target_type', 'type'],
    ['target_name', 'name'],
  ],
  scope: [
    ['scope_id', 'id'],
    ['scope_type', 'type'],
    ['scope_name', 'name'],
  ],
  request: [
    ['request_id', 'id'],
    ['ip_address', 'ip_address'],
    ['client_trace_id', 'client_trace_id'],
  ],
};
const jsonColumns: ReadonlySet<string> = new Set([...Object.keys(flatColumns), 'payload', 'metadata']);

/** The names of the columns: each flat one follows the JSON that it comes from. */
export const excelColumns = (names: readonly string[]): string[] =>
  names.flatMap(name => [name, ...(flatColumns[name] ?? []).map(([column]) => column)]);

/** The cells of a line, from those of the exported columns. */
export const excelCells = (names: readonly string[], cells: readonly Cell[]): Cell[] =>
  names.flatMap((name, at) => {
    const cell = cells[at]!;
    const flat = flatColumns[name] ?? [];
    if (cell === null) return [null, ...flat.map(() => null)];
    if (!jsonColumns.has(name)) return [flatCell(cell)];
    if (flat.length === 0) return [jsonCell(cell)];
    const { members } = new JsonReader(cell).value();
    return [
      jsonCell(cell),
      ...flat.map(([, member]) => {
        // A key that occurs twice is shown twice.
        const values = members.filter(({ key, text }) => key === member && text !== 'null');
        return values.length === 0 ? null : flatCell(values.map(({ text }) => said(text)).join(', '));
      }),
    ];
  });

const said = (token: string): string => (kindOf(token) === 'string' ? unquote(token) : token);

/** In JSON a semicolon occurs only in strings, and its escape means the same. */
const jsonCell = (json: string): string => json.replaceAll(';', '\\u003b');

/**
 * Control characters, line breaks, characters that change the direction of writing, and halves of surrogate
 * pairs; and the semicolon, at which some spreadsheets divide the line even inside quotes: the text after it
 * would begin a cell, and could swallow the next row.
 */
const shownAsEscapes = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029;]/gu;
/**
 * A tab or a carriage return at the beginning of a text, apart from spaces: it is shown as an escape, and
 * marked like a formula.
 */
const startsWithControl = /^[\p{Zs}\ufeff]*[\t\r]/u;
/** The first character of a text after spaces. */
const firstAfterSpaces = /^\s*(.?)/su;

/**
 * Whether a spreadsheet may run a text that begins like this; full-width and other forms of these characters
 * count too.
 */
const startsFormula = (character: string): boolean =>
  character !== '' && '=+-@|%'.includes(character.normalize('NFKC').charAt(0));

/** Most texts: nothing in them needs an escape, and they begin with a letter or a digit. */
const plain = /^[A-Za-z0-9][\x20-\x3a\x3c-\x7e]*$/;

const flatCell = (text: string): string => {
  if (plain.test(text)) return text;
  const shown = text.replace(
    shownAsEscapes,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const isDangerous = startsFormula(firstAfterSpaces.exec(shown)![1]!) || startsWithControl.test(text);
  return isDangerous ? `'${shown}` : shown;
};
