/**
 * The rule of every type and of the ids that are names: 1 to 256 characters, none of them a control character
 * or half of a surrogate pair. Client and service ask this one function.
 */

export const maxNameCharacters = 256;
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;

/** Characters are code points, not UTF-16 units; a code point is at most two of those. */
export const isName = (text: string): boolean =>
  text !== '' &&
  text.length <= 2 * maxNameCharacters &&
  (text.length <= maxNameCharacters || [...text].length <= maxNameCharacters) &&
  !controlCharacters.test(text) &&
  text.isWellFormed();

/** The rule as JSON Schema says it, which counts characters as this does; that halves are refused it cannot say. */
export const nameLimits = {
  minLength: 1,
  maxLength: maxNameCharacters,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
} as const;
