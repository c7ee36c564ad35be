/**
 * Hands parts to a directory: each is written under another name, synced, and linked to its own name, so a file is
 * whole or absent and none is ever replaced. If the name is taken, the part is done only if the text there is the
 * same. Only the operator names directories, below the folder of deliveries; a link that leads out of it is refused.
 */
import { createHash } from 'node:crypto';
import { link, lstat, open, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Part, Sender, SendOutcome } from '#domain/deliver/sender.ts';
import { asAbsent, codeOf, isDiskFull, makeDirectory, syncDirectory } from '#embedded/files.ts';
import type { DirectoryBudget } from './directory-budget.ts';

export type DirectorySettings = {
  /** The folder of deliveries. */
  root: string;
  /** Below the root, as the definition has it. */
  path: string;
  /** The place of the delivery below that, with a slash at its end. */
  place: string;
  /** One for all senders, since all of them write below the root. */
  budget: DirectoryBudget;
  /** Whether the disk has more than what is reserved for events. */
  hasReserve(): Promise<boolean>;
};

const maxTextBytes = 512 * 1024 * 1024;
const testName = '.annals-test';

export class DirectorySender implements Sender {
  readonly #settings: DirectorySettings;
  constructor(settings: DirectorySettings) {
    this.#settings = settings;
  }

  async send(part: Part, _signal?: AbortSignal): Promise<SendOutcome> {
    const bytes = part.kind === 'rows' ? await promisify(gzip)(part.text) : part.text;
    const { place, budget, hasReserve } = this.#settings;
    return this.#guarded(async target => {
      const path = join(target, place, part.key);
      const folder = dirname(path);
      if (!(await budget.hasRoomFor(bytes.length))) return failed('over_budget');
      if (!(await hasReserve())) return failed('disk_full');
      await makeDirectory(folder);
      if (!isWithin(await realpath(folder), target)) return failed('directory_not_allowed');
      // One turn at a time works on a delivery, so what is there was left by an earlier one.
      const temporary = join(folder, `.${part.run}-${part.part}.tmp`);
      // It may be a second name of the finished file, if a try was killed after the link.
      await rm(temporary, { force: true });
      await writeSynced(temporary, bytes);
      try {
        await link(temporary, path);
        budget.add(bytes.length);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        if (!(await holds(path, part))) return failed('key_taken');
      } finally {
        await rm(temporary, { force: true });
      }
      await syncDirectory(folder);
      return { kind: 'done' };
    });
  }

  async test(): Promise<SendOutcome> {
    return this.#guarded(async target => {
      if (!(await this.#settings.hasReserve())) return failed('disk_full');
      const path = join(target, testName);
      await writeSynced(path, Buffer.from('annals\n'));
      await rm(path, { force: true });
      return { kind: 'done' };
    });
  }

  /** Makes the directory, and says what is wrong with it if something is. */
  async #guarded(work: (target: string) => Promise<SendOutcome>): Promise<SendOutcome> {
    const { root, path } = this.#settings;
    try {
      await makeDirectory(root);
      const target = join(await realpath(root), path);
      const deepest = await deepestExisting(target);
      if (!isWithin(await realpath(deepest), await realpath(root))) return failed('directory_not_allowed');
      await makeDirectory(target);
      if (!isWithin(await realpath(target), await realpath(root))) return failed('directory_not_allowed');
      return await work(target);
    } catch (error) {
      if (isDiskFull(error)) return failed('disk_full');
      if (notWritable.has(codeOf(error) ?? '')) return failed('directory_not_writable');
      throw error;
    }
  }
}

const notWritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG']);

const failed = (
  code: 'over_budget' | 'disk_full' | 'directory_not_allowed' | 'directory_not_writable' | 'key_taken',
): SendOutcome => ({ kind: 'failed', code });

const isWithin = (path: string, root: string): boolean => path === root || path.startsWith(`${root}${sep}`);

/** The path itself, or the nearest folder above it that exists. */
const deepestExisting = async (path: string): Promise<string> => {
  if (await lstat(path).catch(asAbsent)) return path;
  return deepestExisting(dirname(path));
};

const writeSynced = async (path: string, bytes: Buffer): Promise<void> => {
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Whether the file has the text of the part; gzip's own bytes may differ. */
const holds = async (path: string, { kind, sha256 }: Part): Promise<boolean> => {
  const bytes = await readFile(path);
  try {
    const text = kind === 'rows' ? await promisify(gunzip)(bytes, { maxOutputLength: maxTextBytes }) : bytes;
    return createHash('sha256').update(text).digest('hex') === sha256;
  } catch {
    // Not gzip, or far larger than any part: another file.
    return false;
  }
};
