/**
 * The folders of objects: made for a put, and removed once they are empty. A folder is not removed while an object is
 * put into it; else a put could miss its folder again and again while folding is busy.
 */
import { link, rename, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, isAbsent, makeDirectory } from '#embedded/files.ts';
import { asConflict, asPrecondition } from './s3-errors.ts';

/** How often a folder is made for an object before a missing file is an error: others may remove it too. */
const mostTries = 20;

export class ObjectFolders {
  readonly #known = new Set<string>();
  /** How many objects are put into each. */
  readonly #filling = new Map<string, number>();

  async make(folder: string): Promise<void> {
    if (this.#known.has(folder)) return;
    await makeDirectory(folder).catch(asConflict);
    this.#known.add(folder);
  }

  /** Gives a written file its path. If it is to be new there, one that is taken is a failed precondition. */
  async give(written: string, path: string, isNew: boolean): Promise<void> {
    const folder = dirname(path);
    this.#filling.set(folder, (this.#filling.get(folder) ?? 0) + 1);
    try {
      for (let tries = 1; ; tries++) {
        try {
          await this.make(folder);
          return await (isNew ? link(written, path) : rename(written, path));
        } catch (error) {
          // Its removal had begun before.
          if (!isAbsent(error) || tries === mostTries)
            return isNew ? asPrecondition(error) : asConflict(error);
          this.#known.delete(folder);
        }
      }
    } finally {
      const others = this.#filling.get(folder)! - 1;
      if (others === 0) this.#filling.delete(folder);
      else this.#filling.set(folder, others);
    }
  }

  /** Removes a folder if it is empty, and no object is put into it. */
  async removeEmpty(path: string): Promise<void> {
    // Without a slash at the end.
    const folder = resolve(path);
    if (this.#filling.has(folder)) return;
    this.#known.delete(folder);
    await rmdir(folder).catch(error => {
      if (codeOf(error) !== 'ENOTEMPTY' && !isAbsent(error)) throw error;
    });
  }
}
