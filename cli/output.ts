/**
 * Where commands write. A write has happened once all of it was taken: a file that fills up takes a part, a pipe takes
 * nothing for a while, and Node's own standard output says neither.
 */
import { write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { Failure } from './failure.ts';
import { standardError, standardOutput, visibleJson, visibleLines } from './terminal.ts';

const writeOnce = promisify(write);

const firstPauseMs = 1;
const maxPauseMs = 16;

/** Writes all of the bytes, or throws what the system says; `onWritten` is told of each part that was taken. */
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
    // A descriptor that others share may be set not to wait.
    if (bytesWritten === 0) await new Promise(resolve => setTimeout(resolve, pauseMs));
  }
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** Nobody reads standard output any more: `| head -1` has seen enough. */
export class ReaderGone extends Error {
  constructor(cause: unknown) {
    super('Nobody reads standard output any more', { cause });
    this.name = 'ReaderGone';
  }
}

const isReaderGone = (error: unknown): boolean => codeOf(error) === 'EPIPE';

/** What a person is told of a write that failed. */
export const writeFailure = (name: string, error: unknown): Failure =>
  new Failure(3, `${name} could not be written to the end: ${reasonOf(error)}`, { cause: error });

const reasons: Record<string, string> = {
  ENOSPC: 'no space is left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file may not grow further',
  EPIPE: 'its reader has closed it',
  EIO: 'the device failed',
};

const reasonOf = (error: unknown): string => {
  const code = codeOf(error);
  return reasons[code] ? `${reasons[code]} (${code})` : ((error as Error).message ?? code);
};

/** A character may be divided between two writes. */
const decoder = new TextDecoder();

/** Writes to standard output; what is shown on a terminal is made visible first. Throws `ReaderGone`. */
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

/** Prints lines on standard output; the outcome of a command stands if nobody reads them. */
export const print = (text: string): Promise<void> => printTo(standardOutput, text);

/** Prints a value for programs; the same on a terminal and in a pipe. */
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

/** Says something on standard error. If that cannot be written, there is nowhere left to say so. */
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
