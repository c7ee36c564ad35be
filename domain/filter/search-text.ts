/**
 * Whether a text is found in a cell, in any case. JSON can write each character as an escape, so a cell is also
 * searched with its escapes read: nobody hides from a search by how they are written.
 */

/** The form in which texts are compared; the same for what is searched and what is found. */
export const foldText = (text: string): string => text.toLowerCase();

const escaped = /\\(?:u([0-9a-fA-F]{4})|([^u]))/g;
const short: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

const readEscapes = (text: string): string =>
  text.replaceAll(escaped, (_, hex?: string, character?: string) =>
    hex === undefined ? (short[character!] ?? character!) : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** `folded` is a text in its folded form. */
export const holdsText = (cell: string, folded: string): boolean =>
  foldText(cell).includes(folded) || (cell.includes('\\') && foldText(readEscapes(cell)).includes(folded));
