/**
 * Where a command writes a file. Obstacles are found before the command starts. A regular file gets its name once it is
 * complete; devices, pipes and links are written through and never replaced.
 */
import { randomBytes } from 'node:crypto';
import { constants, fsync, renameSync, rmSync, type Stats } from 'node:fs';
import { access, type FileHandle, lstat, open, readlink, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Failure } from '#cli/failure.ts';
import { onInterruption } from '#cli/interruption.ts';
import { ReaderGone, writeAll, writeFailure, writeOutput } from '#cli/output.ts';
import { standardOutput } from '#cli/terminal.ts';

export type Destination = {
  /** As messages name it. */
  name: string;
  kind: 'file' | 'standard output' | 'device or pipe';
  /** The number of bytes written. */
  written: number;
  /** Throws a `Failure` of code 3 unless all bytes are written. */
  write(bytes: Uint8Array): Promise<void>;
  /** Syncs what was written; a file gets its name, or `name` in the same folder. */
  finish(name?: string): Promise<void>;
  /** Removes a file that is not finished. */
  discard(): Promise<void>;
};

/**
 * Opens a path for writing; throws a `Failure` of code 2 if that is not possible. A file that `isUsefulInPart` keeps
 * its content, under its name, even if the process is interrupted.
 */
export const openDestination = async (
  path: string,
  flag = '--out',
  isUsefulInPart = false,
): Promise<Destination> => {
  if (path === '-') return toStandardOutput();
  const place = await look(path, flag);
  if (place === 'standard output') return toStandardOutput();
  if (path.endsWith('/') || place.stats?.isDirectory())
    throw new Failure(2, `${flag} ${path} is a directory; name a file in it`);
  if (place.stats?.isSocket())
    throw new Failure(2, `${flag} ${path} is a socket, which cannot be written as a file`);
  if (place.isDescriptor || (place.stats && !place.stats.isFile()))
    return toDevice(path, place.stats?.isFIFO() === true, flag);
  return toFile({ name: path, path: place.path, flag, isUsefulInPart }, place.stats);
};

/** A file in a folder; its name is given when it is finished. */
export const openDestinationIn = (folder: string, flag = '--out'): Promise<Destination> =>
  toFile({ name: join(folder, '…'), path: join(folder, '…'), flag, isUsefulInPart: false });

type Place = { path: string; stats: Stats | undefined; isDescriptor?: boolean };

const maxLinks = 40;

/** Follows links to the place that a path names, which need not exist yet. */
const look = async (path: string, flag: string): Promise<Place | 'standard output'> => {
  let current = path;
  for (let links = 0; links < maxLinks; links++) {
    const stats = await lstat(current).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw unwritable(flag, path, error);
    });
    if (!stats?.isSymbolicLink()) return { path: current, stats };
    // The links in /proc/…/fd are not paths.
    const folder = await realpath(dirname(current));
    if (/^\/proc\/.*\/fd$/.test(folder)) {
      const own = [`/proc/${process.pid}/fd`, '/proc/self/fd'];
      if (own.includes(folder) && basename(current) === String(standardOutput)) return 'standard output';
      return { path: current, stats: await stat(current), isDescriptor: true };
    }
    current = resolve(folder, await readlink(current));
  }
  throw new Failure(2, `${flag} ${path} is a cycle of links`);
};

const unwritable = (flag: string, path: string, error: NodeJS.ErrnoException): Failure => {
  const folder = dirname(path);
  const reasons: Record<string, string> = {
    ENOENT: `the folder ${folder} does not exist, or does not accept files`,
    ENOTDIR: `${folder} is not a folder`,
    EACCES: 'permission denied',
    EPERM: 'the operation is not permitted',
    EROFS: 'its file system is read-only',
    ENAMETOOLONG: 'the name is too long',
  };
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new Failure(2, `${flag} ${path} cannot be written: ${reason}`, { cause: error });
};

const toStandardOutput = (): Destination => ({
  name: 'standard output',
  kind: 'standard output',
  written: 0,
  async write(bytes) {
    try {
      await writeOutput(bytes, taken => {
        this.written += taken;
      });
    } catch (error) {
      throw error instanceof ReaderGone ? writeFailure('Standard output', error.cause) : error;
    }
  },
  async finish() {
    await syncDescriptor(standardOutput).catch(error => {
      throw writeFailure('Standard output', error);
    });
  },
  discard: async () => undefined,
});

/** Some file systems report a lack of space only when synced; what is not a file cannot be synced and need not be. */
const syncDescriptor = async (descriptor: number): Promise<void> => {
  await promisify(fsync)(descriptor).catch((error: NodeJS.ErrnoException) => {
    if (!['EINVAL', 'ENOTSUP', 'EROFS'].includes(error.code ?? '')) throw error;
  });
};

const readerPauseMs = 50;

/** Opens a pipe once it has a reader; waiting for one can be interrupted. */
const openDevice = async (path: string, isPipe: boolean): Promise<FileHandle> => {
  const flags = constants.O_WRONLY | (isPipe ? constants.O_NONBLOCK : 0);
  for (;;) {
    try {
      return await open(path, flags);
    } catch (error) {
      if (!isPipe || (error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(readerPauseMs);
    }
  }
};

const toDevice = async (path: string, isPipe: boolean, flag: string): Promise<Destination> => {
  const handle = await openDevice(path, isPipe).catch(error => {
    throw unwritable(flag, path, error);
  });
  return { ...writingTo(handle, path), kind: 'device or pipe', discard: () => handle.close() };
};

/** The common part of destinations that have a file handle. */
const writingTo = (handle: FileHandle, name: string): Omit<Destination, 'kind' | 'discard'> => ({
  name,
  written: 0,
  async write(bytes) {
    try {
      await writeAll(handle.fd, bytes, taken => {
        this.written += taken;
      });
    } catch (error) {
      throw writeFailure(name, error);
    }
  },
  async finish() {
    try {
      await syncDescriptor(handle.fd);
      await handle.close();
    } catch (error) {
      throw writeFailure(name, error);
    }
  },
});

/** Messages say `name`; `path` is the place itself, after links. */
type NamedFile = { name: string; path: string; flag: string; isUsefulInPart: boolean };

/** Written under a temporary name in the same folder. */
const toFile = async (
  { name, path, flag, isUsefulInPart }: NamedFile,
  existing?: Stats,
): Promise<Destination> => {
  const partial = join(dirname(path), `.annals-${randomBytes(6).toString('hex')}.part`);
  const fail = (error: NodeJS.ErrnoException): never => {
    throw unwritable(flag, name, error);
  };
  if (existing) await access(path, constants.W_OK).catch(fail);
  const handle = await open(partial, 'wx', existing ? existing.mode & 0o777 : 0o666).catch(fail);
  const remove = (): void => rmSync(partial, { force: true });
  const forget = onInterruption(() => (isUsefulInPart ? renameSync(partial, path) : remove()));
  const writing = writingTo(handle, name);
  return {
    ...writing,
    kind: 'file',
    async finish(other) {
      await writing.finish();
      const target = other === undefined ? path : join(dirname(path), other);
      await rename(partial, target).catch(error => {
        throw writeFailure(other ?? name, error);
      });
      forget();
    },
    async discard() {
      await handle.close();
      remove();
      forget();
    },
  };
};
