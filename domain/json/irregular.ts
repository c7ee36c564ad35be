/**
 * Decides which JSON texts are irregular: those that readers interpret differently. An object has a key
 * twice, an escape is half of a surrogate pair, or a number is beyond the range of a double. An integer
 * beyond 2⁵³ is not irregular: readers agree on its meaning and differ only in how they hold it.
 */
import { unquote } from './token.ts';

const quote = 0x22;
const backslash = 0x5c;
const halfEscape = /\\u[dD][89a-fA-F]/;
const half = /\p{Cs}/u;
const numberToken = /[-+.\deE]+/y;

/** Expects valid JSON. There is no recursion, however deep the text is. */
export const isIrregular = (text: string): boolean => {
  /** The keys of the open objects; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; ) {
    const c = text.charCodeAt(at);
    if (c === quote) {
      const end = endOfString(text, at);
      const token = text.slice(at, end);
      if (halfEscape.test(token) && half.test(unquote(token))) return true;
      const keys = open.at(-1);
      if (isKey && keys) {
        const key = unquote(token);
        if (keys.has(key)) return true;
        keys.add(key);
      }
      isKey = false;
      at = end;
    } else if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      numberToken.lastIndex = at;
      numberToken.test(text);
      if (!Number.isFinite(Number(text.slice(at, numberToken.lastIndex)))) return true;
      at = numberToken.lastIndex;
    } else {
      if (c === 0x7b) open.push(new Set());
      else if (c === 0x5b) open.push(undefined);
      else if (c === 0x7d || c === 0x5d) open.pop();
      if (c === 0x7b || c === 0x2c) isKey = open.at(-1) !== undefined;
      at++;
    }
  }
  return false;
};

const endOfString = (text: string, at: number): number => {
  let end = at + 1;
  for (let c = text.charCodeAt(end); c !== quote; c = text.charCodeAt(end)) {
    if (Number.isNaN(c)) return end;
    end += c === backslash ? 2 : 1;
  }
  return end + 1;
};
