/**
 * The rule for names: 1 to 256 characters (code points), none of them a control character or half of a
 * surrogate pair. Every type is a name, and so are some ids. The client and the service use this one
 * function.
 */

export const maxNameCharacters = 256;
/** What a message says about a text that is not a name. */
export const nameExpectation = `Expected 1 to ${maxNameCharacters} characters without control characters`;
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;

/** Characters are code points, not UTF-16 units; a code point is at most two of those. */
export const isName = (text: string): boolean =>
  text !== '' &&
  text.length <= 2 * maxNameCharacters &&
  (text.length <= maxNameCharacters || [...text].length <= maxNameCharacters) &&
  !controlCharacters.test(text) &&
  text.isWellFormed();

/**
 * The rule in JSON Schema, which counts characters in the same way. It cannot express that halves of
 * surrogate pairs are refused.
 */
export const nameLimits = {
  minLength: 1,
  maxLength: maxNameCharacters,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
} as const;
