/**
 * Writing to standard output and standard error. A write is done once all its bytes are written: a full disk takes a
 * part of them, a slow pipe takes none for a while, and Node's own streams report neither.
 */
import { write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { Failure } from './failure.ts';
import { standardError, standardOutput, visibleJson, visibleLines } from './terminal.ts';

const writeOnce = promisify(write);

const firstPauseMs = 1;
const maxPauseMs = 16;

/** Writes all bytes or throws the system's error; calls `onWritten` with the size of each part as it is written. */
export const writeAll = async (
  descriptor: number,
  bytes: Uint8Array,
  onWritten: (bytes: number) => void = () => undefined,
): Promise<void> => {
  let pauseMs = firstPauseMs;
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await writeOnce(descriptor, bytes, at, bytes.length - at).catch(error => {
      if (codeOf(error) === 'EAGAIN') return { bytesWritten: 0 };
      throw error;
    });
    at += bytesWritten;
    if (bytesWritten > 0) onWritten(bytesWritten);
    pauseMs = bytesWritten > 0 ? firstPauseMs : Math.min(maxPauseMs, pauseMs * 2);
    // A descriptor shared with other processes may be non-blocking.
    if (bytesWritten === 0) await sleep(pauseMs);
  }
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** The reader of standard output has closed it, as `| head -1` does. */
export class ReaderGone extends Error {
  constructor(cause: unknown) {
    super('The reader of standard output has closed it', { cause });
    this.name = 'ReaderGone';
  }
}

const isReaderGone = (error: unknown): boolean => codeOf(error) === 'EPIPE';

/** The failure of a write, with its reason in words. */
export const writeFailure = (name: string, error: unknown): Failure =>
  new Failure(3, `${name} could not be written completely: ${reasonOf(error)}`, { cause: error });

const reasons: Record<string, string> = {
  ENOSPC: 'no space is left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would exceed the size limit',
  EPIPE: 'the reader has closed it',
  EIO: 'the device failed',
};

const reasonOf = (error: unknown): string => {
  const code = codeOf(error);
  return reasons[code] ? `${reasons[code]} (${code})` : ((error as Error).message ?? code);
};

/** One decoder for all writes: a character may be split between two. */
const decoder = new TextDecoder();

/** Writes to standard output, escaped if it is a terminal. Throws `ReaderGone`. */
export const writeOutput = async (bytes: Uint8Array, onWritten?: (bytes: number) => void): Promise<void> => {
  const shown = isatty(standardOutput)
    ? Buffer.from(visibleLines(decoder.decode(bytes, { stream: true })))
    : bytes;
  try {
    await writeAll(standardOutput, shown, onWritten);
  } catch (error) {
    throw outputFailure(error);
  }
};

export const outputFailure = (error: unknown): ReaderGone | Failure =>
  isReaderGone(error) ? new ReaderGone(error) : writeFailure('Standard output', error);

/** Prints lines, escaped already, on standard output. A reader that has gone does not change the command's outcome. */
export const printText = (text: string): Promise<void> => printTo(standardOutput, text);

/** Prints a value as JSON; the same on a terminal and in a pipe. */
export const printJson = (value: unknown, descriptor = standardOutput): Promise<void> =>
  printTo(descriptor, visibleJson(JSON.stringify(value)));

const printTo = async (descriptor: number, text: string): Promise<void> => {
  try {
    await writeAll(descriptor, Buffer.from(`${text}\n`));
  } catch (error) {
    if (!isReaderGone(error)) throw writeFailure(nameOf(descriptor), error);
  }
};

const nameOf = (descriptor: number): string =>
  descriptor === standardOutput ? 'Standard output' : 'Standard error';

/** Writes a line to standard error; a failure to write there cannot be reported anywhere. */
export const say = (text: string): void => writeNow(standardError, `${text}\n`, () => undefined);

/** Writes before anything else happens: for help, and for last words. */
export const writeNow = (descriptor: number, text: string, onFailure: (error: unknown) => void): void => {
  const bytes = Buffer.from(text);
  const waiting = new Int32Array(new SharedArrayBuffer(4));
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') Atomics.wait(waiting, 0, 0, maxPauseMs);
      else {
        onFailure(error);
        return;
      }
    }
  }
};
