/**
 * The text of a request's body: undoes its content codings, decodes its bytes, and maps a place in the text
 * back to the bytes, so that a refused part can be given as a slice of what was sent.
 */
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { type Decoded, decodeUtf8, replacementBytes, wellFormed } from '#domain/json/utf8.ts';
import { maxRequestBytes } from './limits.ts';

/** A part of the body after inflating, in bytes. */
export type BodySlice = { start: number; end: number };

export class BodyText {
  readonly text: string;
  readonly #replaced: Decoded['replaced'];
  /** The last place that was mapped; the next one is usually behind it. */
  #last = { at: 0, byte: 0, replaced: 0 };

  constructor({ text, replaced }: Decoded) {
    this.text = text;
    this.#replaced = replaced;
  }

  /** Whether invalid bytes were replaced by U+FFFD between `start` (included) and `end` (excluded). */
  isMended(start: number, end: number): boolean {
    const { at } = this.#replaced;
    let low = 0;
    let high = at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low < at.length && at[low]! < end;
  }

  slice(start: number, end: number): BodySlice {
    return { start: this.#byteAt(start), end: this.#byteAt(end) };
  }

  #byteAt(at: number): number {
    if (at < this.#last.at) this.#last = { at: 0, byte: 0, replaced: 0 };
    let { byte, replaced } = this.#last;
    byte += Buffer.byteLength(this.text.slice(this.#last.at, at));
    const places = this.#replaced;
    for (; replaced < places.at.length && places.at[replaced]! < at; replaced++)
      byte += places.bytes[replaced]! - replacementBytes;
    this.#last = { at, byte, replaced };
    return byte;
  }
}

/** Why a body has no text, with the status of the answer. */
export type TextProblem = {
  status: 400 | 413 | 415;
  code: 'invalid_gzip' | 'invalid_deflate' | 'unsupported_encoding' | 'body_too_large';
  message: string;
};

const tooLarge: TextProblem = {
  status: 413,
  code: 'body_too_large',
  message: `A request holds at most ${maxRequestBytes} bytes after inflating; send the events in several requests`,
};

/** The bytes that slices refer to; undefined if inflating fails. */
export const inflatedBytes = (bytes: Buffer | string, contentEncoding: string): Buffer | undefined => {
  const [coding, ...others] = codingsOf(contentEncoding);
  if (coding === undefined) return Buffer.from(bytes as string);
  const inflate = others.length === 0 ? inflaters.get(coding) : undefined;
  try {
    return inflate?.(compressedBytes(bytes));
  } catch {
    // `readText` reports why.
    return undefined;
  }
};

const codingsOf = (contentEncoding: string): string[] =>
  contentEncoding
    .toLowerCase()
    .split(',')
    .map(coding => coding.trim())
    .filter(coding => coding !== '' && coding !== 'identity');

const compressedBytes = (bytes: Buffer | string): Buffer =>
  typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;

/** `bytes` is text if a gateway has decoded it. */
export const readText = (bytes: Buffer | string, contentEncoding: string): BodyText | TextProblem => {
  const codings = codingsOf(contentEncoding);
  const [coding] = codings;
  if (coding === undefined) {
    if (typeof bytes === 'string') return isLarge(bytes) ? tooLarge : new BodyText(wellFormed(bytes));
    return bytes.length > maxRequestBytes ? tooLarge : new BodyText(decodeUtf8(bytes));
  }
  const inflate = codings.length === 1 ? inflaters.get(coding) : undefined;
  if (!inflate)
    return {
      status: 415,
      code: 'unsupported_encoding',
      message: 'Content-Encoding is one of gzip, deflate and identity, or absent',
    };
  try {
    return new BodyText(decodeUtf8(inflate(compressedBytes(bytes))));
  } catch (error) {
    if (isTooLarge(error)) return tooLarge;
    const name = coding === 'deflate' ? 'deflate' : 'gzip';
    return {
      status: 400,
      code: `invalid_${name}`,
      message: `The body is not whole ${name} data, as Content-Encoding says it is`,
    };
  }
};

/** A UTF-16 unit takes at most three bytes of UTF-8. */
const isLarge = (text: string): boolean =>
  text.length > maxRequestBytes ||
  (text.length * 3 > maxRequestBytes && Buffer.byteLength(text) > maxRequestBytes);

const isTooLarge = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';

const bound = { maxOutputLength: maxRequestBytes };

/** RFC 9110 means zlib by "deflate"; many senders omit its frame. */
const inflateEither = (bytes: Buffer): Buffer => {
  try {
    return inflateSync(bytes, bound);
  } catch (error) {
    if (isTooLarge(error)) throw error;
    return inflateRawSync(bytes, bound);
  }
};

const inflaters: ReadonlyMap<string, (bytes: Buffer) => Buffer> = new Map([
  ['gzip', bytes => gunzipSync(bytes, bound)],
  ['x-gzip', bytes => gunzipSync(bytes, bound)],
  ['deflate', inflateEither],
]);
