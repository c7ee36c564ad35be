/**
 * Where a spool keeps the events that the service rejects while it takes others: one per line, as they were
 * to be sent, so that somebody can look at them and send them again (`annals send refused.ndjson`). All
 * processes of a spool add to it.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const maxBytes = 16 * 1024 * 1024;

/** Adds a line; returns the path of the file. Throws if it cannot be written, or is full. */
export const keepRefused = (directory: string, line: string): string => {
  const path = join(directory, 'refused.ndjson');
  const fd = openSync(path, 'a+', 0o600);
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    // A write that was cut short must not swallow this line.
    const isCut = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
    const data = Buffer.from(`${isCut ? '\n' : ''}${line}\n`);
    if (size + data.length > maxBytes) throw new RangeError(`${path} is full (${maxBytes} bytes)`);
    for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
  } finally {
    closeSync(fd);
  }
  return path;
};
