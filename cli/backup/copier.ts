/** Copies files of a data directory into a folder of backups, and reads no file again that it knows. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { asAbsent } from '#embedded/files.ts';
import type { ManifestFile } from './manifest.ts';
import { filesBelow, type SourcePath } from './source.ts';
import type { BackupStore } from './store.ts';

const filesAtOnce = 8;
const filesOfRound = 1000;
/** A file system's clock is coarse: a file that is as new as this may change without another time. */
const settledMs = 2000;

export class Copier {
  readonly #root: string;
  readonly #store: BackupStore;
  readonly #onFile: (files: number) => void;
  readonly #known = new Map<SourcePath, ManifestFile>();
  /** What this backup holds so far. */
  files = new Map<SourcePath, ManifestFile>();
  #seen = 0;

  /** `root` is the data directory, `known` what an earlier backup holds. */
  constructor(
    root: string,
    store: BackupStore,
    known: readonly ManifestFile[],
    onFile: (files: number) => void,
  ) {
    this.#root = root;
    this.#store = store;
    this.#onFile = onFile;
    for (const file of known) this.#known.set(file.path, file);
  }

  /** Begins anew with what the backup holds; what was copied is not copied again. */
  startOver(): void {
    this.files = new Map();
  }

  /** Copies what is at or below a path; what is gone by then is left out. */
  async copyBelow(path: SourcePath): Promise<void> {
    let round: SourcePath[] = [];
    for await (const file of filesBelow(this.#root, path)) {
      round.push(file);
      if (round.length < filesOfRound) continue;
      await this.copyAll(round);
      round = [];
    }
    await this.copyAll(round);
  }

  /** Copies these files; returns those that are gone. */
  async copyAll(paths: readonly SourcePath[]): Promise<SourcePath[]> {
    const copied = await fewAtOnce(
      paths,
      async path => ((await this.#copy(path)) ? [] : [path]),
      filesAtOnce,
    );
    return copied.flat();
  }

  async #copy(path: SourcePath): Promise<boolean> {
    const full = join(this.#root, path);
    const file = await stat(full, { bigint: true }).catch(asAbsent);
    if (!file) return false;
    const stamp = `${file.ino}-${file.mtimeNs}-${file.ctimeNs}-${file.size}`;
    const known = this.#known.get(path);
    const isKnown = known?.stamp === stamp && (await this.#store.has(known));
    const copied = isKnown ? known : await this.#store.put(full).catch(asAbsent);
    if (!copied) return false;
    const { bytes, sha256 } = copied;
    const mtime_ms = Number(file.mtimeMs);
    // Of a file that was replaced meanwhile, the stamp is that of the one before.
    const isSettled = Date.now() - mtime_ms > settledMs && Number(file.size) === bytes;
    this.#add({ path, bytes, sha256, mtime_ms, ...(isSettled ? { stamp } : {}) });
    return true;
  }

  /** Adds a file with these bytes. */
  async addBytes(path: SourcePath, content: Buffer, mtimeMs: number): Promise<void> {
    this.#add({ path, ...(await this.#store.putBytes(content)), mtime_ms: mtimeMs });
  }

  #add(file: ManifestFile): void {
    this.files.set(file.path, file);
    this.#known.set(file.path, file);
    this.#onFile(++this.#seen);
  }
}
