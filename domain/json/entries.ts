/**
 * Reads the entries of one container, as tokens, from JSON text that the reader has compacted. Nothing is
 * checked, since the reader has checked it. There is no recursion, however deep the text is.
 */

/** A member as its tokens: also of the key, so that it can be written as it was sent. */
export type MemberTokens = { key: string; value: string };

/** The offset at which the value that begins at `at` ends. */
const endOf = (text: string, at: number): number => {
  let depth = 0;
  let position = at;
  do {
    const c = text.charCodeAt(position);
    if (c === 0x22) position = endOfString(text, position);
    else if (c === 0x7b || c === 0x5b) {
      depth++;
      position++;
    } else if (c === 0x7d || c === 0x5d) {
      depth--;
      position++;
    } else if (c === 0x2c || c === 0x3a) position++;
    else position = endOfScalar(text, position);
  } while (depth > 0);
  return position;
};

/** The offset behind the string that begins at `at`. */
export const endOfString = (text: string, at: number): number => {
  let position = at + 1;
  for (let c = text.charCodeAt(position); c !== 0x22; c = text.charCodeAt(position))
    position += c === 0x5c ? 2 : 1;
  return position + 1;
};

/** The offset behind the number, `true`, `false` or `null` that begins at `at`. */
export const endOfScalar = (text: string, at: number): number => {
  let position = at;
  for (let c = text.charCodeAt(position); isScalarPart(c); c = text.charCodeAt(position)) position++;
  return position;
};

/** A character of a number, true, false or null: any that does not end one. */
const isScalarPart = (c: number): boolean => !Number.isNaN(c) && c !== 0x2c && c !== 0x7d && c !== 0x5d;

/** The members of an object, in order; a key may occur twice. */
export function* membersOf(text: string): Generator<MemberTokens> {
  for (let at = 1; text.charCodeAt(at) !== 0x7d; ) {
    const colon = endOfString(text, at);
    const end = endOf(text, colon + 1);
    yield { key: text.slice(at, colon), value: text.slice(colon + 1, end) };
    at = text.charCodeAt(end) === 0x2c ? end + 1 : end;
  }
}

/** The items of an array. */
export function* itemsOf(text: string): Generator<string> {
  for (let at = 1; text.charCodeAt(at) !== 0x5d; ) {
    const end = endOf(text, at);
    yield text.slice(at, end);
    at = text.charCodeAt(end) === 0x2c ? end + 1 : end;
  }
}
