/**
 * The folder of backups. `objects/` has every file by the SHA-256 of its bytes, so that a file that several
 * backups hold is there once; `backups/` has a manifest for each backup. Objects are only ever added and
 * deleted, never changed, and a manifest is written after all of its objects: a crash leaves every backup
 * whole.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '#cli/failure.ts';
import {
  asAbsent,
  isDirectory,
  makeDirectory,
  syncDirectory,
  writeDurably,
  writeTemporary,
} from '#embedded/files.ts';
import { type FileLock, lockFile } from '#embedded/lock-file.ts';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.ts';

/** Says that a folder is one of backups, and of which installation. */
const markName = 'annals-backups.json';
const smallBytes = 1024 * 1024;

export type Copied = { bytes: number; sha256: string };

export class BackupStore {
  readonly root: string;
  readonly installation: string;
  readonly #lock: FileLock | undefined;
  readonly #unsynced = new Set<string>();

  private constructor(root: string, installation: string, lock?: FileLock) {
    this.root = root;
    this.installation = installation;
    this.#lock = lock;
  }

  /** For reading. Refuses a folder that is not one of backups. */
  static async open(root: string): Promise<BackupStore> {
    const installation = await readMark(root);
    if (installation === undefined)
      throw new Failure(2, `The folder ${root} is not a folder of backups: it has no ${markName}`);
    return new BackupStore(root, installation);
  }

  /** For writing, one process at a time; makes a new folder, or marks an empty one. */
  static async openForWriting(root: string, installation: string): Promise<BackupStore> {
    const known = await readMark(root);
    if (known === undefined) {
      const names = (await readdir(root).catch(asAbsent)) ?? [];
      if (names.some(name => !isBeginning(name)))
        throw new Failure(
          2,
          `The folder ${root} is not empty and is not a folder of backups; nothing in it was changed. Choose another`,
        );
    } else if (known !== installation)
      throw new Failure(
        2,
        `The folder ${root} has backups of another installation (${known}, not ${installation}); choose another`,
      );
    await makeDirectory(root);
    // The mark is first: what a crash leaves is then known to be ours.
    const mark = `${JSON.stringify({ format: 1, installation })}\n`;
    if (known === undefined) await writeDurably(root, join(root, markName), mark);
    for (const folder of ['tmp', 'objects', 'backups']) await makeDirectory(join(root, folder));
    const lock = await lockFile(join(root, 'lock'));
    if (!lock) throw new Failure(1, `Another command writes a backup to ${root}; wait for it`);
    const temporary = join(root, 'tmp');
    for (const name of await readdir(temporary)) await rm(join(temporary, name), { force: true });
    return new BackupStore(root, installation, lock);
  }

  release(): void {
    this.#lock?.release();
  }

  pathOf(sha256: string): string {
    return join(this.root, 'objects', sha256.slice(0, 2), sha256);
  }

  async has({ sha256, bytes }: Copied): Promise<boolean> {
    const path = this.pathOf(sha256);
    if ((await stat(path).catch(asAbsent))?.size !== bytes) return false;
    // A backup that was interrupted may have placed it without having its folder written to the disk.
    this.#unsynced.add(dirname(path));
    return true;
  }

  /** Copies a file that does not change while it is open. Throws ENOENT if it is gone. */
  async put(path: string): Promise<Copied> {
    if ((await stat(path)).size <= smallBytes) return this.putBytes(await readFile(path));
    const written = join(this.root, 'tmp', randomUUID());
    try {
      const copied = await copyHashed(path, written);
      if (!(await this.has(copied))) await this.#place(written, copied.sha256);
      return copied;
    } finally {
      await rm(written, { force: true });
    }
  }

  async putBytes(content: Buffer): Promise<Copied> {
    const copied = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    if (await this.has(copied)) return copied;
    const written = await writeTemporary(join(this.root, 'tmp'), content);
    try {
      await this.#place(written, copied.sha256);
    } finally {
      await rm(written, { force: true });
    }
    return copied;
  }

  async #place(written: string, sha256: string): Promise<void> {
    const path = this.pathOf(sha256);
    await makeDirectory(dirname(path));
    await rename(written, path);
    this.#unsynced.add(dirname(path));
  }

  /** Makes the backup exist: from now on it is complete, whatever happens. */
  async commit(manifest: Manifest): Promise<void> {
    for (const folder of this.#unsynced) await syncDirectory(folder);
    this.#unsynced.clear();
    const path = this.#manifestPath(manifest.head.name);
    await writeDurably(join(this.root, 'tmp'), path, encodeManifest(manifest));
  }

  /** The names of the backups, the oldest first. */
  async names(): Promise<string[]> {
    const names = (await readdir(join(this.root, 'backups')).catch(asAbsent)) ?? [];
    return names
      .filter(name => /^[\dTZ-]+\.ndjson$/.test(name))
      .map(name => name.slice(0, -'.ndjson'.length))
      .sort();
  }

  /** Throws a `ManifestError` if it is damaged, and a `Failure` if there is none. */
  async manifest(name: string): Promise<Manifest> {
    const path = this.#manifestPath(name);
    const text = await readFile(path, 'utf8').catch(asAbsent);
    if (text === undefined)
      throw new Failure(2, `There is no backup "${name}" in ${this.root}; "annals backup --list" lists them`);
    return decodeManifest(text, path);
  }

  #manifestPath(name: string): string {
    return join(this.root, 'backups', `${name}.ndjson`);
  }

  /**
   * Deletes all backups but the newest `keep` and those that have what the ledger has lost, and then the
   * objects that no backup holds.
   */
  async prune(keep: number | undefined): Promise<{ backups: number; objects: number }> {
    const names = await this.names();
    const newest = names.at(-1);
    const kept = newest === undefined ? [] : ((await this.manifest(newest)).head.keeps ?? []);
    const beyond = keep === undefined ? [] : names.slice(0, Math.max(0, names.length - keep));
    const old = beyond.filter(name => !kept.includes(name));
    const held = new Set<string>();
    // Read before anything is deleted: of a manifest that is damaged nobody knows what it holds.
    for (const name of names)
      if (!old.includes(name)) for (const { sha256 } of (await this.manifest(name)).files) held.add(sha256);
    for (const name of old) await rm(this.#manifestPath(name));
    await syncDirectory(join(this.root, 'backups'));
    let objects = 0;
    for (const folder of await readdir(join(this.root, 'objects')))
      for (const name of await readdir(join(this.root, 'objects', folder)))
        if (!held.has(name)) {
          await rm(join(this.root, 'objects', folder, name));
          objects += 1;
        }
    return { backups: old.length, objects };
  }

  /** Writes an object to a path, and checks it on the way. False if it is missing or damaged. */
  async extract({ sha256, bytes }: Copied, path: string, mtimeMs: number): Promise<boolean> {
    const source = this.pathOf(sha256);
    if ((await stat(source).catch(asAbsent))?.size !== bytes) return false;
    const copied = await copyHashed(source, path);
    await utimes(path, mtimeMs / 1000, mtimeMs / 1000);
    return copied.bytes === bytes && copied.sha256 === sha256;
  }

  /** Takes an object that is damaged out of the way, so that the next backup copies its file again. */
  async putAside({ sha256 }: Copied): Promise<void> {
    const path = this.pathOf(sha256);
    await rename(path, `${path}.damaged`).catch(error => {
      // It is reported as damaged in any case: the folder may be one that can only be read.
      if (!['ENOENT', 'EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
    });
  }

  /** Whether the bytes of an object are those that its name says. */
  async isWhole({ sha256, bytes }: Copied): Promise<boolean> {
    const path = this.pathOf(sha256);
    if ((await stat(path).catch(asAbsent))?.size !== bytes) return false;
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
    return hash.digest('hex') === sha256;
  }
}

/** Copies a file to a new one, synced; returns what was copied. */
const copyHashed = async (from: string, to: string): Promise<Copied> => {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    createReadStream(from),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        hash.update(piece);
        bytes += piece.length;
        yield piece;
      }
    },
    createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }),
  );
  return { bytes, sha256: hash.digest('hex') };
};

/** The mark that a crash kept from its name, and what the system puts into a new folder. */
const isBeginning = (name: string): boolean =>
  /^[0-9a-f-]{36}$/.test(name) || ['lost+found', '.snapshot'].includes(name);

const readMark = async (root: string): Promise<string | undefined> => {
  const text = (await isDirectory(root))
    ? await readFile(join(root, markName), 'utf8').catch(asAbsent)
    : undefined;
  if (text === undefined) return undefined;
  try {
    const { format, installation } = JSON.parse(text) as { format?: unknown; installation?: unknown };
    if (format === 1 && typeof installation === 'string') return installation;
  } catch {
    // Reported below.
  }
  throw new Failure(2, `The file ${join(root, markName)} is damaged, or of a later version of Annals`);
};
