/** Lays out JSON text in lines without parsing it: each token stays as it was sent. */
import { unquote } from '#domain/json/token.ts';

/** How many characters of a value are laid out; the rest is said. */
export const maxLaidOut = 200_000;

/** Deeper values are not moved further to the right. */
const maxIndent = 40;
const indent = (depth: number): string => '  '.repeat(Math.min(Math.max(depth, 0), maxIndent));

/** Layout and keys as text, and each scalar with the names of the members around it. */
export type JsonPiece = string | { token: string; path: readonly string[] };

/** The pieces are the text, one after the other. */
export const layOutPieces = (text: string): JsonPiece[] => {
  const pieces: JsonPiece[] = [];
  let out = '';
  /** The names of the members around, and undefined for each array. */
  const around: (string | undefined)[] = [];
  const add = (token: string): void => {
    pieces.push(out, { token, path: around.filter(name => name !== undefined) });
    out = '';
  };
  let at = 0;
  while (at < text.length && at < maxLaidOut) {
    const character = text[at]!;
    if (character === '"') {
      const end = endOfString(text, at);
      const token = text.slice(at, end);
      at = end;
      if (/^\s*:/.test(text.slice(end, end + 10))) {
        out += token;
        around[around.length - 1] = nameOf(token);
      } else add(token);
      continue;
    }
    at++;
    if (/\s/.test(character)) continue;
    if (character === '{' || character === '[') {
      const close = text[at];
      if (close === '}' || close === ']') {
        out += character + close;
        at++;
      } else {
        around.push(undefined);
        out += `${character}\n${indent(around.length)}`;
      }
    } else if (character === '}' || character === ']') {
      around.pop();
      out += `\n${indent(around.length)}${character}`;
    } else if (character === ',') out += `,\n${indent(around.length)}`;
    else if (character === ':') out += ': ';
    else {
      const end = endOfScalar(text, at);
      add(text.slice(at - 1, end));
      at = end;
    }
  }
  pieces.push(text.length > maxLaidOut ? `${out}…` : out);
  return pieces;
};

export const layOutJson = (text: string): string =>
  layOutPieces(text)
    .map(piece => (typeof piece === 'string' ? piece : piece.token))
    .join('');

/** The characters of a string; those of a text that is not JSON as they are. */
export const nameOf = (token: string): string => {
  try {
    return unquote(token);
  } catch {
    return token;
  }
};

const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
};

const endOfScalar = (text: string, start: number): number => {
  let at = start;
  while (at < text.length && !/[\s",:{}[\]]/.test(text[at]!)) at++;
  return at;
};
