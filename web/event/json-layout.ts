/** Lays out JSON text in lines without parsing it: each token stays as it was sent. */

/** How many characters of a value are laid out; the rest is said. */
export const maxLaidOut = 200_000;

/** Deeper values are not moved further to the right. */
const maxIndent = 40;
const indent = (depth: number): string => '  '.repeat(Math.min(Math.max(depth, 0), maxIndent));

export const layOutJson = (text: string): string => {
  let out = '';
  let depth = 0;
  for (let at = 0; at < text.length && at < maxLaidOut; ) {
    const character = text[at]!;
    if (character === '"') {
      const end = endOfString(text, at);
      out += text.slice(at, end);
      at = end;
      continue;
    }
    at++;
    if (/\s/.test(character)) continue;
    if (character === '{' || character === '[') {
      const close = text[at];
      if (close === '}' || close === ']') {
        out += character + close;
        at++;
      } else out += `${character}\n${indent(++depth)}`;
    } else if (character === '}' || character === ']') out += `\n${indent(--depth)}${character}`;
    else if (character === ',') out += `,\n${indent(depth)}`;
    else out += character === ':' ? ': ' : character;
  }
  return text.length > maxLaidOut ? `${out}…` : out;
};

const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
};
