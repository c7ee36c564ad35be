/**
 * Splits a file of events into lines, as bytes. A line ends at 0x0A only: JSON strings may contain U+2028, and a lone
 * CR belongs to the line. A line that is too long for memory is passed on in parts.
 */

/**
 * `number` counts lines, or the events of a JSON document; `line` is the line that it starts at. A line with a `fault`
 * is refused unsent, with `code` or as invalid JSON. `original` is what the file has, if that is not `bytes`.
 */
export type InputLine = {
  number: number;
  line: number;
  bytes: Buffer;
  fault?: string;
  code?: string;
  original?: Buffer;
};
/** A line longer than a request. Its parts must be read before the next line is requested; then they are dropped. */
export type LongLine = {
  number: number;
  line: number;
  bytes?: never;
  fault?: never;
  parts: AsyncIterable<Buffer>;
};
export type Lines = AsyncIterable<InputLine | LongLine>;

const newline = 0x0a;

/** Yields the lines that are not blank; lines of more than `maxBytes` are not held in memory. */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<InputLine | LongLine> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    let rest = await nextOf(source);
    for (let number = 1; rest !== undefined; number++) {
      let isEnded = false;
      /** The next part of the line; undefined at its end. */
      const take = async (): Promise<Buffer | undefined> => {
        if (isEnded) return undefined;
        rest ??= await nextOf(source);
        if (rest === undefined) return undefined;
        const end = rest.indexOf(newline);
        const part = end < 0 ? rest : rest.subarray(0, end);
        isEnded = end >= 0;
        rest = end < 0 ? undefined : rest.subarray(end + 1);
        return part;
      };
      const held: Buffer[] = [];
      let size = 0;
      for (let part = await take(); part !== undefined; part = size > maxBytes ? undefined : await take()) {
        held.push(part);
        size += part.length;
      }
      if (size > maxBytes) {
        yield { number, line: number, parts: partsOf(held, take) };
        while ((await take()) !== undefined);
      } else {
        const bytes = held.length === 1 ? held[0]! : Buffer.concat(held);
        if (!isBlank(bytes)) yield { number, line: number, bytes };
      }
      rest ??= await nextOf(source);
    }
  } finally {
    await source.return?.();
  }
}

async function* partsOf(
  held: readonly Buffer[],
  take: () => Promise<Buffer | undefined>,
): AsyncGenerator<Buffer> {
  yield* held;
  for (let part = await take(); part !== undefined; part = await take()) yield part;
}

const nextOf = async (source: AsyncIterator<Buffer>): Promise<Buffer | undefined> => {
  for (;;) {
    const { done, value } = await source.next();
    if (done) return undefined;
    if (value.length > 0) return value;
  }
};

/** U+FEFF, which some programs write at the beginning of a file; in a concatenated file it can be anywhere. */
export const byteOrderMark = Buffer.from('\ufeff');

export const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark)
    ? bytes.subarray(byteOrderMark.length)
    : bytes;

export const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const isBlank = (bytes: Buffer): boolean => withoutMark(bytes).every(isSpace);
