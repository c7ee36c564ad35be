/**
 * How a value is shown: what would not be seen, or would turn the text around it, as an escape; the rest as
 * it is. A name that was made to look like another is told apart by this.
 */

/** Controls, format characters (bidi, zero-width), separators of lines, halves of pairs, and private use. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\u00a0\u115f\u1160\u3164\uffa0]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export const showInvisible = (text: string): string =>
  text.replaceAll(invisible, character => short[character] ?? codeOf(character));

const codeOf = (character: string): string =>
  `\\u{${character.codePointAt(0)!.toString(16).padStart(4, '0')}}`;

/** The most characters of a value in a cell. */
export const maxShown = 256;

/** What a cell shows of a value, and how many characters it has if that is not all. */
export const cutValue = (text: string): { shown: string; length: number | undefined } => {
  if (text.length <= maxShown) return { shown: showInvisible(text), length: undefined };
  const points = [...text.slice(0, 2 * maxShown)];
  return points.length <= maxShown && text.length <= 2 * maxShown
    ? { shown: showInvisible(text), length: undefined }
    : { shown: showInvisible(points.slice(0, maxShown).join('')), length: text.length };
};
