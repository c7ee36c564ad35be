/**
 * The sum of rows: a SHA-256 of each, added modulo 2^256, and their number. It does not depend on the order of
 * the rows, and sums of parts add up, so a day can be proven segment by segment. The hashes are never XORed:
 * the same row twice would cancel itself, and sets of rows with equal XOR can be computed.
 */
import { hash } from 'node:crypto';
import { columnNames, type RowCells } from './filed-line.ts';

const words = 8;

/**
 * What is hashed of a row: of each of its cells the name of the column, a zero byte, the number of its UTF-8
 * bytes as four bytes, and these bytes. A column that the row lacks is left out, which is its NULL mark: an
 * empty text has its name and the length 0. So a column that is added later does not change the sums of the
 * rows that lack it.
 */
const heads: readonly Buffer[] = columnNames.map(name => Buffer.from(`${name}\0`));

let scratch = Buffer.allocUnsafe(64 * 1024);

const bytesOf = (cells: RowCells): Buffer => {
  let needed = 0;
  for (let i = 0; i < heads.length; i++) {
    const cell = cells[i];
    // A character of a string is at most three bytes of UTF-8; numbers and booleans are short.
    if (cell !== undefined)
      needed += heads[i]!.length + 4 + (typeof cell === 'string' ? cell.length * 3 : 16);
  }
  if (needed > scratch.length) scratch = Buffer.allocUnsafe(needed);
  let at = 0;
  for (let i = 0; i < heads.length; i++) {
    const cell = cells[i];
    if (cell === undefined) continue;
    at += heads[i]!.copy(scratch, at);
    const bytes = scratch.write(typeof cell === 'string' ? cell : String(cell), at + 4, 'utf8');
    scratch.writeUInt32BE(bytes, at);
    at += 4 + bytes;
  }
  return scratch.subarray(0, at);
};

export class RowSum {
  /** Least significant first. */
  readonly #sum = new Uint32Array(words);
  rows = 0;

  add(cells: RowCells): void {
    this.#add(hash('sha256', bytesOf(cells), 'buffer'));
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
