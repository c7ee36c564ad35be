/** The rule of every id, type and name: 1 to 256 characters, none of them a control character. */

export const maxNameCharacters = 256;
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;

/** Characters are counted as Unicode has them, not as UTF-16 units. */
export const isName = (text: string): boolean =>
  text !== '' &&
  (text.length <= maxNameCharacters || [...text].length <= maxNameCharacters) &&
  !controlCharacters.test(text);
