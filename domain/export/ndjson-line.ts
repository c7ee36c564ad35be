/**
 * A line of newline-delimited JSON: an event as its members, with the tokens that were sent. Every line is
 * I-JSON (RFC 7493). If readers would differ about a member, it is a string that holds its JSON text, and
 * `irregular` names it. Otherwise a strict receiver would drop the whole line, which somebody could cause on
 * purpose.
 */

import { isIrregular } from '#domain/json/irregular.ts';
import type { Cell } from './csv-line.ts';

/** The columns whose cells are JSON already; those of the others are strings. */
const nested: ReadonlySet<string> = new Set(['actor', 'target', 'payload', 'metadata', 'scope', 'request']);
const literal: ReadonlySet<string> = new Set(['version', 'success']);

export const ndjsonLine = (names: readonly string[], cells: readonly Cell[]): string => {
  const irregular: string[] = [];
  const members = names.map((name, at) => {
    const cell = cells[at]!;
    if (cell === null) return `"${name}":null`;
    if (literal.has(name)) return `"${name}":${cell}`;
    if (nested.has(name) && !isIrregular(cell)) return `"${name}":${cell}`;
    if (!nested.has(name)) return `"${name}":${JSON.stringify(cell)}`;
    irregular.push(name);
    return `"${name}":${JSON.stringify(cell)}`;
  });
  if (irregular.length > 0) members.push(`"irregular":${JSON.stringify(irregular)}`);
  return `{${members.join(',')}}\n`;
};
