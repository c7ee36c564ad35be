/**
 * Splits JSON documents into events: objects printed over several lines, or in an array. Their bytes are kept, but line
 * breaks between tokens become spaces, so that each event is a line. Nothing is skipped: what is not an event is passed
 * on too, for the server to refuse.
 */
import { byteOrderMark, type InputLine, isSpace, type LongLine } from './event-lines.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const isOpening = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
const isClosing = (byte: number): boolean => byte === 0x7d || byte === 0x5d;

/** The rest of the file cannot be divided into events: what was read before counts. */
export class CutShort extends Error {
  constructor(message = 'it ends inside a JSON array, so it may be truncated', options?: ErrorOptions) {
    super(message, options);
    this.name = 'CutShort';
  }
}

/** Yields the values of JSON documents, those of an array one by one; throws `CutShort` if an array is not closed. */
export async function* splitDocuments(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<InputLine | LongLine> {
  const scanner = new ValueScanner();
  let held: Buffer[] = [];
  let size = 0;
  const source = chunks[Symbol.asyncIterator]();
  /** Read, but not scanned yet. */
  let rest: Buffer | undefined;
  const next = async (): Promise<{ part: Buffer; isEnd: boolean } | undefined> => {
    while (rest === undefined || rest.length === 0) {
      const { done, value } = await source.next();
      if (done) return undefined;
      rest = value;
    }
    const { part, length, isEnd } = scanner.scan(rest);
    rest = rest.subarray(length);
    return { part, isEnd };
  };
  try {
    for (let number = 1; ; ) {
      const found = await next();
      if (found && found.part.length > 0) {
        held.push(found.part);
        size += found.part.length;
      }
      if (size > maxBytes) {
        const { line } = scanner;
        let isEnd = found?.isEnd ?? true;
        const parts = async function* (): AsyncGenerator<Buffer> {
          yield* held;
          while (!isEnd) {
            const more = await next();
            isEnd = more?.isEnd ?? true;
            if (more) yield more.part;
          }
        };
        const reading = parts();
        yield { number, line, parts: reading };
        while (!(await reading.next()).done);
      } else if (size > 0 && (!found || found.isEnd)) {
        const fault = scanner.faultAt(!found);
        yield { number, line: scanner.line, bytes: Buffer.concat(held), ...(fault ? { fault } : {}) };
      } else if (found) continue;
      if (size > 0) number++;
      held = [];
      size = 0;
      if (!found) break;
      scanner.next();
    }
    if (scanner.isInArray) throw new CutShort();
  } finally {
    await source.return?.();
  }
}

/** Finds the beginning and the end of values, byte by byte, without keeping them. */
class ValueScanner {
  /** The line that the current value starts at. */
  line = 1;
  isInArray = false;
  #line = 1;
  #isInValue = false;
  #depth = 0;
  #isScalar = false;
  #isInString = false;
  #isEscaped = false;
  #hasBrokenString = false;

  /** Prepares for the next value. */
  next(): void {
    this.#isInValue = false;
    this.#hasBrokenString = false;
    this.#isInString = false;
    this.#depth = 0;
  }

  /** Why the current value cannot be sent as a line; undefined if it can. */
  faultAt(isEndOfFile: boolean): string | undefined {
    if (this.#hasBrokenString) return 'A string contains a line break; JSON requires the escape \\n';
    return isEndOfFile && !this.#isScalar ? 'The file ends in the middle of the event' : undefined;
  }

  /** Scans bytes up to the end of a value; `part` belongs to the value, `length` bytes were scanned. */
  scan(bytes: Buffer): { part: Buffer; length: number; isEnd: boolean } {
    let start = this.#isInValue ? 0 : -1;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === newline) this.#line++;
      if (!this.#isInValue) {
        if (!this.#begins(byte)) continue;
        start = at;
        continue;
      }
      if (this.#isInString) this.#inString(bytes, at);
      else if (this.#isScalar && (isSpace(byte) || byte === comma || (byte === 0x5d && this.isInArray)))
        return { part: bytes.subarray(start, at), length: at, isEnd: true };
      else if (byte === quote) this.#isInString = true;
      else if (byte === newline || byte === carriageReturn) bytes[at] = space;
      else if (isOpening(byte)) this.#depth++;
      else if (isClosing(byte) && --this.#depth <= 0 && !this.#isScalar)
        return { part: bytes.subarray(start, at + 1), length: at + 1, isEnd: true };
    }
    const part = start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start);
    return { part, length: bytes.length, isEnd: false };
  }

  /** Whether a value begins with this byte; bytes between values are skipped. */
  #begins(byte: number): boolean {
    if (isSpace(byte) || byteOrderMark.includes(byte)) return false;
    if (byte === comma && this.isInArray) return false;
    if (byte === 0x5b && !this.isInArray) {
      this.isInArray = true;
      return false;
    }
    if (byte === 0x5d && this.isInArray) {
      this.isInArray = false;
      return false;
    }
    this.line = this.#line;
    this.#isInValue = true;
    this.#isInString = byte === quote;
    this.#isScalar = !isOpening(byte);
    this.#depth = this.#isScalar ? 0 : 1;
    return true;
  }

  #inString(bytes: Buffer, at: number): void {
    const byte = bytes[at]!;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte === quote) this.#isInString = false;
    if (byte === newline) this.#hasBrokenString = true;
  }
}
