/** The files of a spool: each holds a batch, one event per line. Anything may be found there. */
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';

export const suffix = '.ndjson';

/** No batch is this large: a client did not write such a file, so it is not read into memory. */
const maxFileBytes = 64 * 1024 * 1024;

/**
 * The complete lines of a file; `isWhole` says that the file holds nothing else. Throws if it cannot be read.
 */
export const readSpoolFile = (path: string): { lines: string[]; bytes: number; isWhole: boolean } => {
  const stat = statSync(path);
  // Reading a pipe would wait forever.
  if (!stat.isFile()) throw new TypeError('not a file');
  if (stat.size > maxFileBytes) throw new RangeError(`larger than ${maxFileBytes} bytes`);
  const data = readFileSync(path);
  const lines = data.toString().split('\n').filter(Boolean);
  const whole = lines.filter(isWhole);
  return { lines: whole, bytes: data.length, isWhole: whole.length === lines.length };
};

const isWhole = (line: string): boolean => {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null;
  } catch {
    // A verdict: the file is put aside, and reported.
    return false;
  }
};

/** Writes a file as a whole: readers meanwhile see what was there before. Returns its size. */
export const writeSpoolFile = (path: string, lines: readonly string[]): number => {
  const data = Buffer.from(lines.map(line => `${line}\n`).join(''));
  writeFileSync(`${path}.new`, data, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return data.length;
};

/** 0 if it does not exist, or its size is unknown. */
export const sizeOf = (path: string): number => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // As below.
    return 0;
  }
};

/** Empty if the folder has been removed meanwhile. */
export const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
};

/** False if it does not exist. */
export const isMoved = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
};

/** False also if that is unknown. */
export const isThere = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A folder above it is no longer a folder.
    return false;
  }
};
