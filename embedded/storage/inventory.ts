/**
 * What has been put into a bucket that only grows: a line per object, with its size, in a file per day, apart
 * from the objects. From it a start knows objects that are gone or cut, which exports would otherwise
 * silently lack.
 *
 * A line is written after its object exists, and not synced: after a loss of power it may be missing, and
 * then its object is not looked for.
 */
import { createReadStream } from 'node:fs';
import { appendFile, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asAbsent, makeDirectory, syncDirectory, writeTemporary } from '#embedded/files.ts';
import { asNoObject } from './s3-errors.ts';

export type Inventoried = { key: string; bytes: number };

/** The day of objects from before there was an inventory. */
const beginning = '0000-00-00';
/** The last character tells a complete line from one that was cut. */
const lineOf = ({ key, bytes }: Inventoried): string => `${key} ${bytes};\n`;

export class Inventory {
  readonly #directory: string;
  #isMade: Promise<void> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add({ key, bytes }: Inventoried): Promise<void> {
    this.#isMade ??= makeDirectory(this.#directory);
    await this.#isMade;
    const day = new Date().toISOString().slice(0, 10);
    await appendFile(join(this.#directory, day), lineOf({ key, bytes }), { mode: 0o600 });
  }

  /** Adds objects from before there was an inventory, unless that has been done. */
  async begin(temporary: string, earlier: AsyncIterable<Inventoried>): Promise<void> {
    const path = join(this.#directory, beginning);
    if ((await sizeOf(path)) !== undefined) return;
    await makeDirectory(this.#directory);
    const written = await writeTemporary(temporary, '');
    const handle = await open(written, 'a');
    try {
      for await (const { key, bytes } of earlier) await handle.appendFile(lineOf({ key, bytes }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(written, path);
    await syncDirectory(this.#directory);
  }

  /** Everything that was put; a damaged line is left out. */
  async *all(): AsyncGenerator<Inventoried> {
    for (const day of await this.#days()) yield* this.#in(day);
  }

  async *#in(day: string): AsyncGenerator<Inventoried> {
    const lines = createInterface({ input: createReadStream(join(this.#directory, day), 'latin1') });
    for await (const line of lines) {
      const [, key, bytes] = /^([\x21-\x7e]+) (\d{1,15});$/.exec(line) ?? [];
      if (key !== undefined && bytes !== undefined) yield { key, bytes: Number(bytes) };
    }
  }

  /**
   * Leaves out the objects that are folded, which the inventory of folds knows. The files of today and
   * yesterday stay as they are, since lines may still be added to them.
   */
  async leaveOut(isFolded: (object: Inventoried) => Promise<boolean>, temporary: string): Promise<void> {
    const yesterday = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
    for (const day of await this.#days())
      if (day < yesterday && ((await sizeOf(join(this.#directory, day))) ?? 0) > 0)
        await this.#leaveOut(day, isFolded, temporary);
  }

  async #leaveOut(
    day: string,
    isFolded: (object: Inventoried) => Promise<boolean>,
    temporary: string,
  ): Promise<void> {
    const path = join(this.#directory, day);
    const written = await writeTemporary(temporary, '');
    let left = 0;
    try {
      const handle = await open(written, 'a');
      try {
        for await (const one of this.#in(day)) {
          if (await isFolded(one)) continue;
          left += 1;
          await handle.appendFile(lineOf(one));
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      // The file of the beginning says that there has been one.
      if (left > 0 || day === beginning) await rename(written, path);
      else await rm(path);
    } finally {
      await rm(written, { force: true });
    }
    await syncDirectory(this.#directory);
  }

  async #days(): Promise<string[]> {
    const names = (await readdir(this.#directory).catch(asAbsent)) ?? [];
    return names.filter(name => /^\d{4}-\d\d-\d\d$/.test(name)).sort();
  }
}

/** The size of an object's file; undefined if it is gone. */
export const sizeOf = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(asNoObject))?.size;
