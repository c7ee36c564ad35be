/**
 * Opens a file of events: JSON lines or JSON documents, also compressed with gzip or in UTF-16. The first bytes tell
 * which; for other formats the message names the format and how to convert it.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Failure } from '#cli/failure.ts';
import { JsonSyntaxError } from '#domain/json/fault.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { isSpace, type Lines, splitLines, withoutMark } from './event-lines.ts';
import { splitDocuments } from './json-documents.ts';
import { utf8Of } from './utf16.ts';

export type EventFile = {
  /** As messages name it. */
  name: string;
  /** The word for one of its parts. */
  unit: 'line' | 'event';
  lines: Lines;
  /** How much of the file has been read, from 0 to 1; undefined if its size is unknown. */
  share(): number | undefined;
  /** Device and inode. */
  identity: string | undefined;
};

/** A file as UTF-8 text. */
export type TextFile = Pick<EventFile, 'name' | 'share' | 'identity'> & {
  chunks: AsyncIterable<Buffer>;
  /** Closes a file that is not read to its end. */
  close(): void;
};

/** Opens a file, or standard input for `-`; throws a `Failure` of code 2 if it is not one that can be sent. */
export const openEventFile = async (file: string): Promise<EventFile> => {
  const { chunks, close: _, ...text } = await openText(file, 'send');
  return { ...text, ...(await splitEvents(chunks)) };
};

/** The events of a text: its lines, or the values of its JSON documents. */
export const splitEvents = async (
  text: AsyncIterable<Buffer>,
): Promise<Pick<EventFile, 'unit' | 'lines'>> => {
  const { head, chunks } = await peek(text, begun => formOf(begun) !== 'unknown');
  return formOf(head) === 'documents'
    ? { unit: 'event', lines: splitDocuments(chunks, maxRequestBytes) }
    : { unit: 'line', lines: splitLines(chunks, maxRequestBytes) };
};

/** Opens a file, or standard input for `-`; `command` reads it, as messages say. Throws a `Failure` as above. */
export const openText = async (file: string, command: 'send' | 'import'): Promise<TextFile> => {
  const name = file === '-' ? 'standard input' : file;
  const { stream, size, identity } = await openBytes(file, name);
  let read = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        read += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw new Failure(3, `${name} could not be read completely (${(error as Error).message})`, {
        cause: error,
      });
    }
  };
  const close = (): void => void stream.destroy();
  const chunks = await decode({ name, command }, counted()).catch(error => {
    close();
    throw error;
  });
  return {
    name,
    chunks,
    close,
    share: () => (size === undefined ? undefined : Math.min(1, read / size)),
    identity,
  };
};

const openBytes = async (file: string, name: string) => {
  if (file === '-') return { stream: process.stdin, size: undefined, identity: undefined };
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'it does not exist' : (error.code ?? error.message);
    throw new Failure(2, `${name} cannot be read: ${reason}`, { cause: error });
  });
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new Failure(2, `${name} cannot be read: it is a directory; name a file`);
  }
  return {
    stream: createReadStream(file, { fd: handle }),
    size: stats.isFile() ? stats.size : undefined,
    identity: `${stats.dev}:${stats.ino}`,
  };
};

/** Reads enough of the beginning to recognize the format; `chunks` yields all of it. */
export const peek = async (
  source: AsyncIterable<Buffer>,
  isEnough: (head: Buffer) => boolean,
): Promise<{ head: Buffer; chunks: AsyncIterable<Buffer> }> => {
  const iterator = source[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  let head = Buffer.alloc(0);
  let isDone = false;
  while (!isDone && !isEnough(head)) {
    const { done, value } = await iterator.next();
    isDone = done === true;
    if (value) held.push(value);
    if (value) head = held.length === 1 ? value : Buffer.concat(held);
  }
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      while (!isDone) {
        const { done, value } = await iterator.next();
        isDone = done === true;
        if (value) yield value;
      }
    } finally {
      await iterator.return?.();
    }
  };
  return { head, chunks: chunks() };
};

const magicBytes = 4;

/** Other formats, by their first bytes, and how to convert them. */
const foreign: readonly [
  magic: readonly number[],
  what: string,
  cure: (file: string, command: string) => string,
][] = [
  [
    [0x28, 0xb5, 0x2f, 0xfd],
    'compressed with zstd',
    (file, command) => `zstd -dc ${file} | annals ${command} -`,
  ],
  [[0xfd, 0x37, 0x7a, 0x58], 'compressed with xz', (file, command) => `xz -dc ${file} | annals ${command} -`],
  [[0x42, 0x5a, 0x68], 'compressed with bzip2', (file, command) => `bzip2 -dc ${file} | annals ${command} -`],
  [
    [0x04, 0x22, 0x4d, 0x18],
    'compressed with lz4',
    (file, command) => `lz4 -dc ${file} | annals ${command} -`,
  ],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive', (file, command) => `unzip -p ${file} | annals ${command} -`],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file', () => 'write its rows as JSON lines, one event per line'],
  [
    [0xff, 0xfe, 0x00, 0x00],
    'UTF-32',
    (file, command) => `iconv -f UTF-32 -t UTF-8 ${file} | annals ${command} -`,
  ],
  [
    [0x00, 0x00, 0xfe, 0xff],
    'UTF-32',
    (file, command) => `iconv -f UTF-32 -t UTF-8 ${file} | annals ${command} -`,
  ],
];

const startsWith = (bytes: Buffer, magic: readonly number[]): boolean =>
  magic.every((byte, at) => bytes[at] === byte);

/** The bytes of a file as UTF-8. */
const decode = async (
  opened: { name: string; command: string },
  bytes: AsyncIterable<Buffer>,
  isInflated = false,
): Promise<AsyncIterable<Buffer>> => {
  const { name, command } = opened;
  const { head, chunks } = await peek(bytes, ({ length }) => length >= magicBytes);
  if (startsWith(head, [0x1f, 0x8b])) {
    if (isInflated) throw new Failure(2, `${name} is compressed with gzip twice; run gunzip on it once`);
    return decode(opened, inflate(name, chunks), true);
  }
  for (const [magic, what, cure] of foreign)
    if (startsWith(head, magic)) throw new Failure(2, `${name} is ${what}; try: ${cure(name, command)}`);
  const [first = 0x7b, second = 0x7b] = head;
  // JSON contains no zero byte, so a zero among the first two bytes tells the byte order.
  if (startsWith(head, [0xff, 0xfe]) || second === 0) return utf8Of(chunks, 'utf-16le');
  if (startsWith(head, [0xfe, 0xff]) || first === 0) return utf8Of(chunks, 'utf-16be');
  if (first < 0x20 && !isSpace(first))
    throw new Failure(
      2,
      `${name} is not text; expected one JSON event per line, optionally compressed with gzip`,
    );
  return chunks;
};

async function* inflate(name: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // An error here is thrown by the output of gunzip.
  const feeding = pipeline(chunks, gunzip).catch(() => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(3, `${name} is damaged gzip data (${(error as Error).message})`, { cause: error });
  }
  await feeding;
}

type Form = 'lines' | 'documents' | 'unknown';

/** A syntax error this near to the end may be a token that continues in the next chunk. */
const maxTokenHead = 16;

/** Whether a text with this beginning is JSON lines or documents; unknown if more of it is needed. */
const formOf = (head: Buffer): Form => {
  const body = trimStart(head);
  const [first] = body;
  if (first === undefined) return 'unknown';
  if (first === 0x5b) {
    const [second] = trimStart(body.subarray(1));
    if (second === undefined) return 'unknown';
    return second === 0x7b || second === 0x5b || second === 0x5d ? 'documents' : 'lines';
  }
  const end = body.indexOf(0x0a);
  if (first !== 0x7b || body.length > maxRequestBytes) return 'lines';
  if (end < 0) return 'unknown';
  if (isJson(body.toString('utf8', 0, end))) return 'lines';
  const text = body.toString();
  const reader = new JsonReader(text);
  try {
    reader.value();
    return reader.position > end ? 'documents' : 'lines';
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return error.offset > text.length - maxTokenHead ? 'unknown' : 'lines';
  }
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const trimStart = (bytes: Buffer): Buffer => {
  const body = withoutMark(bytes);
  const start = body.findIndex(byte => !isSpace(byte));
  return start < 0 ? body.subarray(body.length) : body.subarray(start);
};
