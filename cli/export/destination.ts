/**
 * Where a file goes that a command makes. What is in the way is found before the command begins. A regular file has its
 * name once it is whole; through a device, a pipe or a link is written, and none of them is replaced.
 */
import { randomBytes } from 'node:crypto';
import { constants, fsync, renameSync, rmSync, type Stats } from 'node:fs';
import { access, type FileHandle, lstat, open, readlink, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '#cli/failure.ts';
import { onInterruption } from '#cli/interruption.ts';
import { ReaderGone, writeAll, writeFailure, writeOutput } from '#cli/output.ts';
import { standardOutput } from '#cli/terminal.ts';

export type Destination = {
  /** As a person is told of it. */
  name: string;
  kind: 'file' | 'standard output' | 'device or pipe';
  /** How many bytes it has taken. */
  written: number;
  /** Throws a `Failure` of code 3 if not all of it was taken. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written last; a file gets its name. `name` gives it another, in the folder that was looked at. */
  finish(name?: string): Promise<void>;
  /** Forgets a file that has not been finished. */
  discard(): Promise<void>;
};

/**
 * Looks at what stands at a path, and makes it ready to be written; throws a `Failure` of code 2 if it cannot
 * be. A file of which `isUsefulInPart` gets its name even if the process is told to end.
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

/** A file in a folder, whose name is known once it is finished. */
export const openDestinationIn = (folder: string, flag = '--out'): Promise<Destination> =>
  toFile({ name: join(folder, '…'), path: join(folder, '…'), flag, isUsefulInPart: false });

type Place = { path: string; stats: Stats | undefined; isDescriptor?: boolean };

const maxLinks = 40;

/** What a path leads to; a link is followed to the place that it names, which need not be there yet. */
const look = async (path: string, flag: string): Promise<Place | 'standard output'> => {
  let current = path;
  for (let links = 0; links < maxLinks; links++) {
    const stats = await lstat(current).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw unwritable(flag, path, error);
    });
    if (!stats?.isSymbolicLink()) return { path: current, stats };
    // Descriptors of a process are links whose text is not a path.
    const folder = await realpath(dirname(current));
    if (/^\/proc\/.*\/fd$/.test(folder)) {
      const own = [`/proc/${process.pid}/fd`, '/proc/self/fd'];
      if (own.includes(folder) && basename(current) === String(standardOutput)) return 'standard output';
      return { path: current, stats: await stat(current), isDescriptor: true };
    }
    current = resolve(folder, await readlink(current));
  }
  throw new Failure(2, `${flag} ${path} leads from link to link without end`);
};

const unwritable = (flag: string, path: string, error: NodeJS.ErrnoException): Failure => {
  const folder = dirname(path);
  const reasons: Record<string, string> = {
    ENOENT: `the folder ${folder} is not there, or takes no files`,
    ENOTDIR: `${folder} is not a folder`,
    EACCES: 'it may not be written by this user',
    EPERM: 'it may not be written',
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

/** Some file systems say only then that they have no room; what is no file cannot be synced, and need not be. */
const syncDescriptor = async (descriptor: number): Promise<void> => {
  await promisify(fsync)(descriptor).catch((error: NodeJS.ErrnoException) => {
    if (!['EINVAL', 'ENOTSUP', 'EROFS'].includes(error.code ?? '')) throw error;
  });
};

const readerPauseMs = 50;

/** A pipe is opened once somebody reads it; waiting for that can be interrupted. */
const openDevice = async (path: string, isPipe: boolean): Promise<FileHandle> => {
  const flags = constants.O_WRONLY | (isPipe ? constants.O_NONBLOCK : 0);
  for (;;) {
    try {
      return await open(path, flags);
    } catch (error) {
      if (!isPipe || (error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await new Promise(resolve => setTimeout(resolve, readerPauseMs));
    }
  }
};

const toDevice = async (path: string, isPipe: boolean, flag: string): Promise<Destination> => {
  const handle = await openDevice(path, isPipe).catch(error => {
    throw unwritable(flag, path, error);
  });
  return { ...writingTo(handle, path), kind: 'device or pipe', discard: () => handle.close() };
};

/** What has in common whatever is written through a handle. */
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

/** `name` is what it is called by, `path` where it is. */
type NamedFile = { name: string; path: string; flag: string; isUsefulInPart: boolean };

/** Written under another name beside its own. */
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
