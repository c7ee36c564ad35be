/**
 * Converts between bytes and text that may not be UTF-8. Invalid bytes become U+FFFD, one for each maximal
 * part of a character (Unicode 3.9, as every web decoder does), and their places are recorded.
 */
import { isUtf8 } from 'node:buffer';

/** Where U+FFFD replaces bytes that are not UTF-8, ascending, and how many bytes each replaces. */
export type Replacements = { at: Uint32Array; bytes: Uint8Array };

export type Decoded = { text: string; replaced: Replacements };

const none: Replacements = { at: new Uint32Array(), bytes: new Uint8Array() };

export const decodeUtf8 = (bytes: Buffer): Decoded => ({
  text: bytes.toString('utf8'),
  replaced: isUtf8(bytes) ? none : gather(put => findReplaced(bytes, put)),
});

/** Text that UTF-8 can hold: half of a surrogate pair becomes U+FFFD. */
export const wellFormed = (text: string): Decoded => {
  if (text.isWellFormed()) return { text, replaced: none };
  const find = (put: Put): void => {
    for (let at = 0; at < text.length; at++) {
      const character = text.codePointAt(at)!;
      if (character > 0xffff) at++;
      else if (isHalf(character)) put(at, replacementBytes);
    }
  };
  return { text: text.toWellFormed(), replaced: gather(find) };
};

/** The length of U+FFFD in UTF-8. */
export const replacementBytes = 3;

const isHalf = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

type Put = (at: number, bytes: number) => void;

/**
 * Every byte of a request may be invalid, so they are counted first, and use exactly the memory they need.
 */
const gather = (find: (put: Put) => void): Replacements => {
  let count = 0;
  find(() => count++);
  const replaced = { at: new Uint32Array(count), bytes: new Uint8Array(count) };
  count = 0;
  find((at, bytes) => {
    replaced.at[count] = at;
    replaced.bytes[count++] = bytes;
  });
  return replaced;
};

const findReplaced = (bytes: Buffer, put: Put): void => {
  let units = 0;
  for (let at = 0; at < bytes.length; units++) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let read = 1;
    if (length > 1 && lead >= 0xc2 && lead <= 0xf4 && isSecond(lead, bytes[at + 1])) {
      read = 2;
      while (read < length && isContinuation(bytes[at + read])) read++;
    }
    if (read < length) put(units, read);
    else if (length === 4) units++;
    at += read;
  }
};

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * Whether a byte may follow a lead as second byte: after some leads, overlong forms, code points beyond the
 * last one, and surrogates are excluded.
 */
const isSecond = (lead: number, byte: number | undefined): boolean => {
  if (byte === undefined || !isContinuation(byte)) return false;
  if (lead === 0xe0) return byte >= 0xa0;
  if (lead === 0xed) return byte <= 0x9f;
  if (lead === 0xf0) return byte >= 0x90;
  return lead !== 0xf4 || byte <= 0x8f;
};

/** UTF-8 in which half of a surrogate pair is encoded like any other unit of its size (WTF-8). */
export const encodeWtf8 = (text: string): Buffer => {
  if (text.isWellFormed()) return Buffer.from(text);
  const bytes = Buffer.allocUnsafe(text.length * 3);
  let end = 0;
  for (let at = 0; at < text.length; ) {
    const start = at;
    while (at < text.length && !isHalf(text.codePointAt(at)!)) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    end += bytes.write(text.slice(start, at), end);
    if (at === text.length) break;
    const unit = text.charCodeAt(at++);
    bytes[end++] = 0xe0 | (unit >> 12);
    bytes[end++] = 0x80 | ((unit >> 6) & 0x3f);
    bytes[end++] = 0x80 | (unit & 0x3f);
  }
  return bytes.subarray(0, end);
};

/** The first `length` bytes of UTF-8 as text, cut at a whole character. */
export const headOf = (bytes: Buffer, length: number): string => {
  let end = Math.min(length, bytes.length);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
};
