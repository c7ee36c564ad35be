/**
 * Whose a directory of the spool is, and whether they are gone, so that somebody else may send what it holds.
 * A process is told from another of the same id by when it began. On another host nobody can look: there the
 * owner's sign of life counts.
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
  /** Its owner has let go of it, and may be there still. */
  isReleased?: boolean;
};

/** How often a sign of life is given, and after how long without one an owner on another host is taken for gone. */
export const signOfLifeMs = 15_000;
export const goneAfterMs = 120_000;

const nameOfOwner = 'owner.json';

/** The tokens of the directories that this thread owns, for where nothing tells when a process began. */
const owned = new Set<string>();

/** Makes a directory this process's own, until it lets go of it or ends. */
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

/** Takes an abandoned directory away, unless it holds something still. */
export const release = (directory: string): void => {
  rmSync(join(directory, nameOfOwner), { force: true });
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code!)) throw error;
  }
};

/** Whether nobody will write to a directory any more. */
export const isAbandoned = (directory: string, nowMs: number): boolean => {
  const path = join(directory, nameOfOwner);
  let owner: Owner | null = null;
  try {
    owner = JSON.parse(readFileSync(path, 'utf8')) as Owner | null;
  } catch {
    // Not there: it has just been made, or is being taken away. Time tells which.
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
  // Of this process: another thread's, unless it is of one that had its id before.
  if (pid === process.pid && began === undefined) return owned.has(token);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return began === undefined || beganAt(pid) === began;
};

/**
 * When a process began, by the boot of the machine; undefined where there is no /proc. See proc_pid_stat(5),
 * field 22.
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
