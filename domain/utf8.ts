/**
 * Bytes to text without a way to lose one: a byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte,
 * which no UTF-8 can produce. So the reader of the text can tell in which string of which event it stood,
 * and refuse that event alone.
 */
import { isUtf8 } from 'node:buffer';

export const decodeUtf8 = (bytes: Buffer): string => {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  let runStart = 0;
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length === 1 || (at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)))) {
      at += length;
      continue;
    }
    text += bytes.toString('utf8', runStart, at) + String.fromCharCode(0xdc00 + lead);
    at += 1;
    runStart = at;
  }
  return text + bytes.toString('utf8', runStart);
};
