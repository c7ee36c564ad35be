/**
 * The counterpart of the results' lifecycle rule on S3: deletes their files a number of days after they were
 * made, a limited number at a time, and nothing else. A request for a deleted file then gets 410.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Objects } from '#aws/objects.ts';
import { exportsRoot } from '#domain/export/layout.ts';
import { asAbsent, codeOf, isAbsent } from '#embedded/files.ts';

export const resultsKeptMs = 30 * 24 * 3_600_000;
/** How many files a run looks at. */
const looksOfRun = 1000;
/** Headers are written after their bytes, and outlive them by this time. */
const marginMs = 24 * 3_600_000;

export class Expiry {
  readonly #results: Objects;
  readonly #headers: string;
  /** Where the last run ended; undefined at the beginning. */
  #after: string | undefined;
  #afterHeader = '';

  /** `headers` is the folder of the results' headers. */
  constructor(results: Objects, headers: string) {
    this.#results = results;
    this.#headers = headers;
  }

  async run(nowMs: number): Promise<void> {
    const before = nowMs - resultsKeptMs;
    let looks = 0;
    for await (const { key, writtenAt } of this.#results.list('', this.#after, looksOfRun)) {
      looks += 1;
      this.#after = key;
      if (writtenAt.getTime() < before) await this.#delete(key);
    }
    if (looks < looksOfRun) this.#after = undefined;
    await this.#deleteHeaders(before - marginMs);
  }

  async #delete(key: string): Promise<void> {
    await this.#results.delete(key);
    // Nothing is written into the folder of an export that has ended: an empty folder has no use.
    if (!key.startsWith(exportsRoot)) return;
    const folder = dirname(this.#results.placeOf(key));
    for (const empty of [folder, dirname(folder)])
      await rmdir(empty).catch(error => {
        if (codeOf(error) !== 'ENOTEMPTY' && !isAbsent(error)) throw error;
      });
  }

  /** Headers whose file was deleted while they were not. */
  async #deleteHeaders(before: number): Promise<void> {
    const names = (await namesIn(this.#headers)).sort().filter(name => name > this.#afterHeader);
    for (const name of names.slice(0, looksOfRun)) {
      const path = join(this.#headers, name);
      if ((await stat(path)).mtimeMs < before) await rm(path);
      this.#afterHeader = name;
    }
    if (names.length <= looksOfRun) this.#afterHeader = '';
  }
}

const namesIn = async (directory: string): Promise<string[]> => {
  return (await readdir(directory).catch(asAbsent)) ?? [];
};
