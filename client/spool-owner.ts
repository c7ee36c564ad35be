/**
 * Tracks which process owns a spool folder, and whether that process has died, so that another one may send
 * what the folder holds. Its start time tells a process from another one with the same id. Processes on
 * another host cannot be looked up: for them the owner's sign of life counts.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

type Owner = {
  host: string;
  pid: number;
  began: string | undefined;
  token: string;
  /** Its owner has released it, and may still be running. */
  isReleased?: boolean;
};

/**
 * The interval between signs of life, and the silence after which an owner on another host counts as gone.
 */
export const signOfLifeMs = 15_000;
export const goneAfterMs = 120_000;

const nameOfOwner = 'owner.json';

/** The tokens of the folders that this thread owns, for systems that do not tell when a process began. */
const owned = new Set<string>();

/** Makes a folder this process's own, until the process releases it or ends. */
export const claim = (directory: string): { giveSignOfLife(): void; release(): void } => {
  const path = join(directory, nameOfOwner);
  const token = randomUUID();
  const owner: Owner = { host: hostname(), pid: process.pid, began: beganAt(process.pid), token };
  const write = (content: Owner): void => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  write(owner);
  owned.add(token);
  return {
    giveSignOfLife: () => write(owner),
    release() {
      owned.delete(token);
      write({ ...owner, isReleased: true });
    },
  };
};

/** Removes an abandoned folder, unless it still holds something. */
export const release = (directory: string): void => {
  rmSync(join(directory, nameOfOwner), { force: true });
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code!)) throw error;
  }
};

/** Whether no process will write to a folder again. */
export const isAbandoned = (directory: string, nowMs: number): boolean => {
  const path = join(directory, nameOfOwner);
  let owner: Owner | null = null;
  try {
    owner = JSON.parse(readFileSync(path, 'utf8')) as Owner | null;
  } catch {
    // It is missing: the folder has just been made, or is being removed. Time tells which.
  }
  if (typeof owner?.host !== 'string') return isQuiet(directory, nowMs);
  if (owner.isReleased) return true;
  if (owner.host !== hostname()) return isQuiet(path, nowMs);
  return !isAlive(owner);
};

const isQuiet = (path: string, nowMs: number): boolean => {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return mtimeMs !== undefined && nowMs - mtimeMs > goneAfterMs;
};

const isAlive = ({ pid, began, token }: Owner): boolean => {
  // It has this process's id: it belongs to another thread, unless an earlier process had the same id.
  if (pid === process.pid && began === undefined) return owned.has(token);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return began === undefined || beganAt(pid) === began;
};

/**
 * When a process began, counted from the boot of the machine; undefined if there is no /proc. See
 * proc_pid_stat(5), field 22.
 */
const beganAt = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    // No such process, or no such file system: nothing is known.
    return undefined;
  }
};
