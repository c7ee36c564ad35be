/**
 * Which folds there are, with their sizes and the buckets of their objects: a line each, in one file, apart
 * from the folds. From it a start knows folds that are gone or cut. It is replaced as a whole, and before a
 * fold is deleted.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asAbsent, makeDirectory, writeDurably } from '#embedded/files.ts';

export type InventoriedFold = { name: string; bytes: number; buckets: readonly number[] };

/** The last character tells a complete line from one that was cut. */
const lineOf = ({ name, bytes, buckets }: InventoriedFold): string =>
  `${name} ${bytes} ${buckets.join(',')};\n`;
const grammar = /^(\S+\.fold) (\d{1,15}) ((?:\d+(?:,\d+)*)?);$/;

export class FoldInventory {
  readonly #path: string;
  readonly #temporary: string;

  constructor(path: string, temporary: string) {
    this.#path = path;
    this.#temporary = temporary;
  }

  /** Everything that is known; a damaged line is left out. */
  async all(): Promise<InventoriedFold[]> {
    const text = (await readFile(this.#path, 'latin1').catch(asAbsent)) ?? '';
    return text.split('\n').flatMap(line => {
      const [, name, bytes, buckets] = grammar.exec(line) ?? [];
      if (name === undefined) return [];
      return { name, bytes: Number(bytes), buckets: buckets ? buckets.split(',').map(Number) : [] };
    });
  }

  /** Adds folds that are not known, and removes those that will be deleted. What is known stays as it is. */
  async replaceFolds(present: readonly InventoriedFold[], gone: readonly string[]): Promise<void> {
    const before = await this.all();
    const known = new Set(before.map(({ name }) => name));
    const added = present.filter(({ name }) => !known.has(name));
    const left = before.filter(({ name }) => !gone.includes(name));
    if (added.length === 0 && left.length === before.length) return;
    await makeDirectory(dirname(this.#path));
    await writeDurably(this.#temporary, this.#path, [...left, ...added].map(lineOf).join(''));
  }
}
