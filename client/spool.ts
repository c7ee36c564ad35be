/**
 * The backlog on disk: below one directory, which any number of processes may share, a folder a process, with a file a
 * batch. A line is with the operating system before `add` returns, so the end of the process, however it comes, loses
 * nothing: whoever uses the directory next, or already does, sends what it left. What the operating system itself had not
 * written when the machine stopped is gone. Memory holds the one batch that is being sent.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Backlog, BatchLimits } from './backlog.ts';
import { disown, goneAfterMs, isAbandoned, own } from './spool-owner.ts';

export type SpoolOptions = {
  /** Made where it is not there. */
  directory: string;
  /** How large the files of this process may be together; beyond that, events are refused. */
  maxBytes: number;
};

/** A backlog on disk, and what its owner has to do now and then. */
export type Spool = Backlog & {
  /** Tells others that this process is there, and takes over what those who are gone have left; gives how many files. */
  lookAfter(): number;
};

const suffix = '.ndjson';

type File = { number: number; bytes: number };
type Tail = File & { fd: number; lines: number };

/**
 * Throws where the directory cannot be used. `onUnreadable` is told of a file with lines that are none, since it was cut
 * off when the machine stopped: it stays, under that name.
 */
export const openSpool = (
  { maxEvents, maxBytes }: BatchLimits,
  { directory, maxBytes: maxSpoolBytes }: SpoolOptions,
  onUnreadable: (file: string) => void,
  nowMs: () => number = Date.now,
): Spool => {
  const folder = join(directory, randomUUID());
  const hold = own(folder);
  const pathOf = (number: number): string => join(folder, `${String(number).padStart(12, '0')}${suffix}`);
  /** The files in the order of their numbers, less the one that is being written. */
  const files: File[] = [];
  let spooledBytes = 0;
  let next = 0;
  let tail: Tail | undefined;
  let aliveAtMs = nowMs();
  /** The batch that was taken, as far as it is not settled. */
  let head: { number: number; lines: readonly string[]; bytes: number } | undefined;

  const addFile = (file: File): void => {
    files.push(file);
    files.sort((a, b) => a.number - b.number);
  };
  const openTail = (): Tail => {
    const number = next++;
    return { number, bytes: 0, lines: 0, fd: openSync(pathOf(number), 'ax', 0o600) };
  };
  const closeTail = (): void => {
    if (!tail) return;
    closeSync(tail.fd);
    addFile({ number: tail.number, bytes: tail.bytes });
    tail = undefined;
  };
  /** A process that was stopped for minutes may have been taken for gone, and its file with it. */
  const leaveLostTail = (): void => {
    if (Math.abs(nowMs() - aliveAtMs) < goneAfterMs / 2) return;
    aliveAtMs = nowMs();
    if (!tail || fstatSync(tail.fd).nlink > 0) return;
    closeSync(tail.fd);
    tail = undefined;
    hold.giveSignOfLife();
  };
  const write = (to: Tail, data: Buffer): void => {
    try {
      for (let at = 0; at < data.length; ) at += writeSync(to.fd, data, at);
    } catch (error) {
      // What was written of the line must not stand before the next one, which goes to another file in any case.
      try {
        ftruncateSync(to.fd, to.bytes);
      } finally {
        closeTail();
      }
      throw error;
    }
  };
  const forget = ({ number, bytes }: File): void => {
    files.splice(
      files.findIndex(file => file.number === number),
      1,
    );
    rmSync(pathOf(number), { force: true });
    spooledBytes -= bytes;
  };
  /** The whole lines of a file; one with others among them is kept aside. */
  const read = (number: number): { lines: string[]; bytes: number } => {
    const data = readFileSync(pathOf(number));
    const lines = data.toString().split('\n').filter(Boolean);
    const whole = lines.filter(isWhole);
    if (whole.length < lines.length) {
      const aside = join(directory, `${randomUUID()}.unreadable`);
      renameSync(pathOf(number), aside);
      onUnreadable(aside);
    }
    return { lines: whole, bytes: data.length };
  };
  const takeOver = (abandoned: string): number => {
    let taken = 0;
    for (const name of namesIn(abandoned)) {
      if (!name.endsWith(suffix)) continue;
      const number = next++;
      // One by one, each as a whole: whoever else takes over at the same time gets the others.
      if (!isMoved(join(abandoned, name), pathOf(number))) continue;
      const bytes = statSync(pathOf(number)).size;
      addFile({ number, bytes });
      spooledBytes += bytes;
      taken += 1;
    }
    disown(abandoned);
    return taken;
  };

  return {
    add(line) {
      const data = Buffer.from(`${line}\n`);
      if (spooledBytes + data.length > maxSpoolBytes) return false;
      if (tail && (tail.lines >= maxEvents || tail.bytes + data.length > maxBytes)) closeTail();
      leaveLostTail();
      tail ??= openTail();
      write(tail, data);
      tail.bytes += data.length;
      tail.lines += 1;
      spooledBytes += data.length;
      return true;
    },
    take() {
      if (head) return head;
      if (files.length === 0) closeTail();
      for (const file of [...files]) {
        const { lines, bytes } = read(file.number);
        if (lines.length > 0) {
          head = { number: file.number, lines, bytes };
          return head;
        }
        forget(file);
      }
      return undefined;
    },
    settle(left) {
      const { number, bytes } = head!;
      // A file goes as a whole: after a crash what was stored of it is sent again, and is a duplicate.
      if (left.length > 0) head = { number, lines: left, bytes };
      else {
        head = undefined;
        // What was taken over may have grown, if its owner was stopped and not gone: then all of it is sent again.
        const { size = 0 } = statSync(pathOf(number), { throwIfNoEntry: false }) ?? {};
        if (size <= bytes) forget(files.find(file => file.number === number)!);
      }
    },
    seal() {
      closeTail();
      return files.at(-1)?.number;
    },
    oldest: () => files[0]?.number ?? tail?.number,
    hasFullBatch: () => files.length > 0 || (tail !== undefined && tail.lines >= maxEvents),
    count() {
      closeTail();
      const others = files.filter(({ number }) => number !== head?.number);
      return others.reduce((sum, { number }) => sum + linesIn(pathOf(number)), head?.lines.length ?? 0);
    },
    close() {
      closeTail();
      // What is left is for whoever looks next.
      hold.release();
      if (files.length === 0) disown(folder);
    },
    lookAfter() {
      leaveLostTail();
      hold.giveSignOfLife();
      aliveAtMs = nowMs();
      return namesIn(directory)
        .map(name => join(directory, name))
        .filter(path => path !== folder && statSync(path, { throwIfNoEntry: false })?.isDirectory())
        .filter(path => isAbandoned(path, nowMs()))
        .reduce((sum, path) => sum + takeOver(path), 0);
    },
  };
};

/** Nothing where the folder has gone meanwhile. */
const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
};

const linesIn = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

const isMoved = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
};

const isWhole = (line: string): boolean => {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null;
  } catch {
    // A verdict: the file is put aside, and told.
    return false;
  }
};
