/** Converts UTF-16 to UTF-8 without loss: half a surrogate pair becomes its JSON escape. */
import { Failure } from '#cli/failure.ts';

type Encoding = 'utf-16le' | 'utf-16be';

export async function* utf8Of(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let highHalf = '';
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const even = bytes.length - (bytes.length % 2);
    rest = bytes.subarray(even);
    const text = highHalf + decodeUnits(bytes.subarray(0, even), encoding);
    // The other half of a pair may be in the next chunk.
    highHalf = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
    yield Buffer.from(escapeHalves(text.slice(0, text.length - highHalf.length)));
  }
  if (highHalf !== '') yield Buffer.from(escapeHalves(highHalf));
  if (rest.length > 0) throw new Failure(3, 'The file ends in the middle of a UTF-16 character');
}

const decodeUnits = (bytes: Buffer, encoding: Encoding): string =>
  (encoding === 'utf-16le' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');

const escapeHalves = (text: string): string =>
  text.replaceAll(/\p{Surrogate}/gu, half => `\\u${half.charCodeAt(0).toString(16)}`);
