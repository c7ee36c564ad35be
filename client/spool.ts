/**
 * The backlog on disk: one directory, which any number of processes may share, with a folder per process and
 * a file per batch. The operating system has a line before `add` returns, so the end of the process loses
 * nothing: the next process that uses the directory, or one that already does, sends what is left. What the
 * system had not written when the machine stopped is lost. Memory holds the batch that is being written,
 * since its file may be removed, and the batch that is being sent.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Backlog, type BatchLimits, least } from './backlog.ts';
import { isMoved, isThere, namesIn, readSpoolFile, sizeOf, suffix, writeSpoolFile } from './spool-file.ts';
import { claim, isAbandoned, release } from './spool-owner.ts';
import { nameOfThrown } from './thrown.ts';

export type SpoolOptions = {
  /** Created if it does not exist. */
  directory: string;
  /** How large the files of this process may be together. Beyond that, events are refused. */
  maxBytes: number;
};

/** A backlog on disk, with the upkeep that its owner does now and then. */
export type Spool = Backlog & {
  /** Shows that this process lives; takes over the files of dead processes, and returns their number. */
  lookAfter(): number;
};

export type SpoolHooks = {
  /** Called for a file that is not fully readable: the name it is kept under, if it is, and the reason. */
  onUnreadable(file: string, message: string): void;
  /** Called for trouble that lost nothing. */
  onTrouble(message: string): void;
};

/**
 * `count`: the number of lines, if it is known. `kept`: the lines of a file that was removed and could not be
 * written again. `isStuck`: the file must not be read again, but can be neither moved nor removed.
 */
type File = {
  number: number;
  bytes: number;
  count?: number;
  isStuck?: boolean;
  kept?: readonly string[] | undefined;
};
/** The file that is being written. */
type Tail = { number: number; bytes: number; fd: number; lines: string[] };
type Head = { number: number; bytes: number; lines: readonly string[]; isPart: boolean };

/** Throws if the directory cannot be used. */
export const openSpool = (
  { maxEvents, maxBytes }: BatchLimits,
  { directory, maxBytes: maxSpoolBytes }: SpoolOptions,
  { onUnreadable, onTrouble }: SpoolHooks,
  nowMs: () => number = Date.now,
): Spool => {
  const folder = join(directory, randomUUID());
  const hold = claim(folder);
  const pathOf = (number: number): string => join(folder, `${String(number).padStart(12, '0')}${suffix}`);
  /** In the order of their turns, without the one that is being written. */
  const files: File[] = [];
  let spooledBytes = 0;
  let next = 0;
  let tail: Tail | undefined;
  /** The batch that was taken, as far as it is not acknowledged. */
  let head: Head | undefined;

  /** Does something whose failure loses nothing; returns whether it succeeded. */
  const attempt = (what: string, work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      onTrouble(`${what} (${nameOfThrown(error)})`);
      return false;
    }
  };
  const openTail = (): Tail => {
    const number = next++;
    const open = (): Tail => ({ number, bytes: 0, lines: [], fd: openSync(pathOf(number), 'ax', 0o600) });
    try {
      return open();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      hold.giveSignOfLife();
      onTrouble(`The spool folder ${folder} was removed while in use; it has been created again`);
      return open();
    }
  };
  const write = (to: Tail, data: Buffer): void => {
    for (let at = 0; at < data.length; ) at += writeSync(to.fd, data, at);
    to.bytes += data.length;
  };
  /** Rewrites the batch whose file was removed, by mistake or by a process that took this one for dead. */
  const renewTail = (): void => {
    const { fd, lines } = tail!;
    const renewed = openTail();
    try {
      write(renewed, Buffer.from(lines.map(line => `${line}\n`).join('')));
    } catch (error) {
      closeSync(renewed.fd);
      rmSync(pathOf(renewed.number), { force: true });
      throw error;
    }
    closeSync(fd);
    tail = { ...renewed, lines };
    onTrouble('A spool file was removed while in use; its events have been written again');
  };
  const closeTail = (): void => {
    if (!tail) return;
    const isSafe =
      isThere(pathOf(tail.number)) ||
      attempt(
        'A file of the spool was removed; its events wait in memory, since it cannot be written again',
        renewTail,
      );
    const { number, bytes, lines, fd } = tail;
    closeSync(fd);
    files.push({ number, bytes, count: lines.length, ...(isSafe ? {} : { kept: lines }) });
    tail = undefined;
  };
  const append = (to: Tail, line: string, data: Buffer): void => {
    const { bytes } = to;
    try {
      write(to, data);
      to.lines.push(line);
    } catch (error) {
      // A partial line must not stand before the next one, which goes to another file in any case.
      try {
        ftruncateSync(to.fd, bytes);
      } finally {
        closeTail();
      }
      throw error;
    }
  };
  const indexOf = (number: number): number => files.findIndex(file => file.number === number);
  const forget = ({ number, bytes, isStuck }: File): void => {
    files.splice(indexOf(number), 1);
    spooledBytes -= bytes;
    if (isStuck) return;
    attempt('A file of the spool cannot be removed; the next process will send its events again', () =>
      rmSync(pathOf(number), { force: true }),
    );
  };
  const putAside = (file: File, what: string): void => {
    const { number } = file;
    const aside = join(directory, `${randomUUID()}.unreadable`);
    const isAside = attempt('A file of the spool cannot be put aside', () =>
      renameSync(pathOf(number), aside),
    );
    if (!isAside) file.isStuck = true;
    const path = isAside ? aside : pathOf(number);
    onUnreadable(path, `A file of the spool ${what}, and is kept as ${path}`);
  };
  /** The complete lines of a file; anything else in it is put aside. Never throws. */
  const read = (file: File): { lines: readonly string[]; bytes: number } => {
    const { number, count, kept } = file;
    const path = pathOf(number);
    try {
      const { lines, bytes, isWhole } = readSpoolFile(path);
      if (!isWhole) putAside(file, 'was cut off, of which the events that are whole are sent');
      return { lines, bytes };
    } catch (error) {
      if (kept) return { lines: kept, bytes: 0 };
      if (isThere(path)) putAside(file, `cannot be read (${nameOfThrown(error)})`);
      else
        onUnreadable(
          path,
          `The file ${path} of the spool was removed; ${count ?? 'its'} events cannot be sent`,
        );
      return { lines: [], bytes: 0 };
    }
  };
  /** What a file is to hold from now on; kept in memory if it cannot be written. */
  const rewrite = (file: File, lines: readonly string[]): void => {
    file.kept = lines;
    attempt('A spool file cannot be rewritten; its events wait in memory', () => {
      if (!isThere(folder)) hold.giveSignOfLife();
      const bytes = writeSpoolFile(pathOf(file.number), lines);
      spooledBytes += bytes - file.bytes;
      Object.assign(file, { bytes, count: lines.length, kept: undefined });
    });
  };
  const takeOver = (abandoned: string): number => {
    let taken = 0;
    for (const name of namesIn(abandoned)) {
      if (!name.endsWith(suffix)) continue;
      const number = next++;
      // One by one, each as a whole: another process that takes over at the same time gets the others.
      if (!isMoved(join(abandoned, name), pathOf(number))) continue;
      const bytes = sizeOf(pathOf(number));
      files.push({ number, bytes });
      spooledBytes += bytes;
      taken += 1;
    }
    release(abandoned);
    return taken;
  };

  return {
    add(line) {
      const data = Buffer.from(`${line}\n`);
      if (spooledBytes + data.length > maxSpoolBytes) return false;
      if (tail && (tail.lines.length >= maxEvents || tail.bytes + data.length > maxBytes)) closeTail();
      if (tail && fstatSync(tail.fd).nlink === 0) renewTail();
      tail ??= openTail();
      append(tail, line, data);
      spooledBytes += data.length;
      return true;
    },
    take() {
      if (head) return head;
      if (files.length === 0) closeTail();
      for (const file of [...files]) {
        const { lines, bytes } = read(file);
        if (lines.length > 0) {
          head = { number: file.number, lines, bytes, isPart: false };
          return head;
        }
        forget(file);
      }
      return undefined;
    },
    acknowledge(left) {
      const { number, bytes } = head!;
      // A file is removed as a whole: after a crash, events of it that were stored are sent again, as
      // duplicates.
      if (left.length > 0) head = { number, lines: left, bytes, isPart: true };
      else {
        head = undefined;
        // A file that was taken over may have grown, if its owner was only stopped: then all of it is sent
        // again.
        if (sizeOf(pathOf(number)) <= bytes) forget(files[indexOf(number)]!);
      }
    },
    postpone() {
      const { number, lines, isPart } = head!;
      head = undefined;
      // The batch being written comes before it.
      closeTail();
      const file = files[indexOf(number)]!;
      files.push(...files.splice(indexOf(number), 1));
      if (isPart || !isThere(pathOf(number))) rewrite(file, lines);
    },
    seal() {
      closeTail();
      return files.length === 0
        ? undefined
        : files.reduce((newest, { number }) => Math.max(newest, number), 0);
    },
    oldest: () => least([...files.map(({ number }) => number), ...(tail ? [tail.number] : [])]),
    hasFullBatch: () => files.length > 0 || (tail !== undefined && tail.lines.length >= maxEvents),
    count() {
      closeTail();
      const others = files.filter(({ number }) => number !== head?.number);
      return others.reduce(
        (sum, file) => sum + (file.count ?? read(file).lines.length),
        head?.lines.length ?? 0,
      );
    },
    close() {
      attempt('The spool cannot be released; the next process will check whether this one has died', () => {
        closeTail();
        for (const file of files) if (file.kept) rewrite(file, file.kept);
        // The rest is for the next process that looks.
        hold.release();
        if (files.length === 0) release(folder);
      });
      return files.flatMap(({ kept }) => kept ?? []);
    },
    lookAfter() {
      attempt('The client cannot write its sign of life into the spool', () => hold.giveSignOfLife());
      for (const file of files) if (file.kept) rewrite(file, file.kept);
      let taken = 0;
      attempt('The spool cannot be searched', () => {
        for (const name of namesIn(directory)) {
          const path = join(directory, name);
          attempt(`What another process left in ${path} cannot be taken over`, () => {
            if (path === folder || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
            if (isAbandoned(path, nowMs())) taken += takeOver(path);
          });
        }
      });
      return taken;
    },
  };
};
