/**
 * How many bytes the files of all deliveries into directories may take. They are measured once, then what is written is
 * added; the operator may move files away, so they are measured again before anything is refused.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asAbsent } from '#embedded/files.ts';

export class DirectoryBudget {
  readonly #root: string;
  readonly #maxBytes: number;
  /** What this process has written since it started. */
  #writtenBytes = 0;
  /** What the files had when they were last measured, without what was written since then. */
  #measuredBytes: number | undefined;

  /** `root` is the folder of deliveries. */
  constructor(root: string, maxBytes: number) {
    this.#root = root;
    this.#maxBytes = maxBytes;
  }

  async hasRoomFor(bytes: number): Promise<boolean> {
    const known = this.#measuredBytes === undefined ? undefined : this.#measuredBytes + this.#writtenBytes;
    if (known !== undefined && known + bytes <= this.#maxBytes) return true;
    // A file that is written meanwhile may be measured or not: it is added too, until the next measurement.
    const writtenBefore = this.#writtenBytes;
    const measured = await sizeOf(this.#root);
    this.#measuredBytes = measured - writtenBefore;
    return measured + bytes <= this.#maxBytes;
  }

  /** Counts a file once it is there. */
  add(bytes: number): void {
    this.#writtenBytes += bytes;
  }
}

const sizeOf = async (folder: string): Promise<number> => {
  let bytes = 0;
  for (const entry of (await readdir(folder, { withFileTypes: true }).catch(asAbsent)) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else if (entry.isFile()) bytes += (await stat(path).catch(asAbsent))?.size ?? 0;
  }
  return bytes;
};
