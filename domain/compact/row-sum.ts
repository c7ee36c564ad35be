/**
 * The sum of rows: a SHA-256 of each, added modulo 2^256, and their number. It does not depend on the order of
 * the rows, and sums of parts add up, so a day can be proven segment by segment. The hashes are never XORed:
 * the same row twice would cancel itself, and sets of rows with equal XOR can be computed.
 */
import { hash } from 'node:crypto';
import { columnNames, type RowCells } from './filed-line.ts';

const words = 8;

/**
 * What is hashed of a row, as UTF-8: of each of its cells the name of the column, the length of its text in UTF-16
 * code units, and the text, with zero bytes between them. A column that the row lacks is left out, which is its
 * NULL mark: an empty text has its name and the length 0. So a column that is added later does not change the sums
 * of the rows that lack it.
 */
const textOf = (cells: RowCells): string => {
  let text = '';
  for (let i = 0; i < columnNames.length; i++) {
    const cell = cells[i];
    if (cell === undefined) continue;
    const its = typeof cell === 'string' ? cell : String(cell);
    text += `${columnNames[i]}\0${its.length}\0${its}`;
  }
  return text;
};

export class RowSum {
  /** Least significant first. */
  readonly #sum = new Uint32Array(words);
  rows = 0;

  add(cells: RowCells): void {
    this.#add(hash('sha256', textOf(cells), 'buffer'));
    this.rows += 1;
  }

  /** Adds the sum of other rows, as `hex` returned it. */
  addSum(hex: string, rows: number): void {
    if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError(`Expected 64 hex digits, got "${hex}"`);
    this.#add(Buffer.from(hex, 'hex'));
    this.rows += rows;
  }

  #add(digest: Buffer): void {
    let carry = 0;
    for (let word = 0; word < words; word++) {
      const added = this.#sum[word]! + digest.readUInt32BE(28 - 4 * word) + carry;
      this.#sum[word] = added % 2 ** 32;
      carry = added >= 2 ** 32 ? 1 : 0;
    }
  }

  /** In hex, 64 digits. */
  hex(): string {
    return [...this.#sum]
      .reverse()
      .map(word => word.toString(16).padStart(8, '0'))
      .join('');
  }
}
