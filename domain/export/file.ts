/**
 * From the outputs of an export's statements to the customer's file, in one pass over the bytes. Kept lines
 * (copies.ts) are passed on unchanged, without the columns that tell copies apart; a format other than `csv`
 * writes them in its own form.
 *
 * A row is one line: no cell can hold a line break, for JSON text has none and the other cells are of known
 * form. The output is checked to be complete; if it is not, this throws.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Instant } from '#domain/time.ts';
import {
  type CopyCounts,
  type CopyLists,
  type EventKey,
  ExportCopies,
  keyOf,
  lineOf,
  list,
  UnreadableOutput,
} from './copies.ts';
import { printCsvLine } from './csv-line.ts';
import { cellsMatcherOf, type ExportFilter } from './filter.ts';
import { csvHeader, type ExportFormat, type LineWriter, lineWriters } from './format.ts';
import { earlierOutputHeader, outputHeader } from './statement.ts';

export { maxListedEvents, UnreadableOutput } from './copies.ts';

export type ExportSummary = CopyCounts &
  CopyLists & {
    bytes: number;
    /** SHA-256 of the file, in hex. */
    sha256: string;
    /** Events with a cell that is longer than a spreadsheet shows; the first thousand are listed. */
    long_cells: number;
    long_events: EventKey[];
  };

const newline = 0x0a;
const header = Buffer.from(printCsvLine(outputHeader));
const earlierHeader = Buffer.from(printCsvLine(earlierOutputHeader));

export class ExportFile {
  #hash: Hash = createHash('sha256');
  readonly #copies: ExportCopies;
  readonly #writer: LineWriter | undefined;
  /** The start of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  #output: Buffer = Buffer.alloc(0);
  #length = 0;
  #hasHeader = false;
  #hasWarnings = false;
  #hasBegun = false;
  #bytes = 0;
  #longCells = 0;
  readonly #longEvents: EventKey[] = [];

  /** `filedFrom` is the beginning of a schedule's run, in `filed_at`. */
  constructor(filedFrom?: Instant, format: ExportFormat = 'csv', filter?: ExportFilter) {
    this.#copies = new ExportCopies(filedFrom, cellsMatcherOf(filter));
    this.#writer = lineWriters[format];
  }

  /** The next bytes belong to the output of the next slice; throws if the one before was incomplete. */
  nextOutput(): void {
    this.#requireWhole();
    this.#hasHeader = false;
  }

  #requireWhole(): void {
    if (!this.#hasHeader || this.#rest.length > 0)
      throw new UnreadableOutput('The query output ends in the middle of a line');
  }

  /**
   * Takes the next bytes of the output; returns the next bytes of the file, which may be used until more are taken:
   * they are in one buffer all the time, since new ones of this size cost more than what is done with them.
   */
  push(chunk: Buffer): Buffer {
    const lines = this.#linesOf(chunk);
    this.#length = 0;
    if (!this.#hasBegun && this.#hasHeader) {
      this.#hasBegun = true;
      this.#append(this.#writer?.header ?? csvHeader);
    }
    for (const some of lines) {
      if (this.#writer) this.#append(this.#written(some, this.#writer));
      else this.#copy(some);
    }
    const bytes = this.#output.subarray(0, this.#length);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    return bytes;
  }

  /** Room for so many more bytes. */
  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#output.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#length + bytes, 2 * this.#output.length));
    this.#output.copy(larger, 0, 0, this.#length);
    this.#output = larger;
  }

  #append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#length += bytes.copy(this.#output, this.#length);
  }

  /**
   * The whole lines that the next bytes complete, without the header. A line that began before is put together by
   * itself: copying all of the bytes behind it would cost as much as the rest.
   */
  #linesOf(chunk: Buffer): Buffer[] {
    if (!this.#hasHeader) {
      const input = Buffer.concat([this.#rest, chunk]);
      const start = this.#passHeader(input);
      this.#rest = Buffer.alloc(0);
      if (start !== undefined) return this.#linesOf(input.subarray(start));
      this.#rest = input;
      return [];
    }
    const last = chunk.lastIndexOf(newline) + 1;
    if (last === 0) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return [];
    }
    const first = this.#rest.length === 0 ? 0 : chunk.indexOf(newline) + 1;
    const begun = first === 0 ? [] : [Buffer.concat([this.#rest, chunk.subarray(0, first)])];
    this.#rest = Buffer.from(chunk.subarray(last));
    return last > first ? [...begun, chunk.subarray(first, last)] : begun;
  }

  /** The start of the lines; undefined if the header has not come yet. */
  #passHeader(input: Buffer): number | undefined {
    const end = input.indexOf(newline) + 1;
    if (end === 0 && input.length < header.length) return undefined;
    const line = input.subarray(0, end);
    this.#hasWarnings = line.equals(header);
    if (!this.#hasWarnings && !line.equals(earlierHeader))
      throw new UnreadableOutput('The query output does not begin with the header of the statement');
    this.#hasHeader = true;
    return end;
  }

  /** Appends the kept lines, unchanged. */
  #copy(bytes: Buffer): void {
    this.#reserve(bytes.length);
    let at = 0;
    for (let end = bytes.indexOf(newline, at); end >= 0; end = bytes.indexOf(newline, at)) {
      const line = lineOf(bytes, at, end, this.#hasWarnings);
      if (this.#copies.keeps(line)) this.#length += bytes.copy(this.#output, this.#length, line.row, end + 1);
      at = end + 1;
    }
  }

  /** The kept lines, in another format. */
  #written(bytes: Buffer, writer: LineWriter): Buffer {
    const lines: string[] = [];
    let at = 0;
    for (let end = bytes.indexOf(newline, at); end >= 0; end = bytes.indexOf(newline, at)) {
      const line = lineOf(bytes, at, end, this.#hasWarnings);
      at = end + 1;
      if (!this.#copies.keeps(line)) continue;
      const { text, hasLongCell } = written(writer, bytes.toString('utf8', line.row, end));
      lines.push(text);
      if (!hasLongCell) continue;
      this.#longCells++;
      list(this.#longEvents, keyOf(line));
    }
    return Buffer.from(lines.join(''));
  }

  /** Ends the file; throws if the output was incomplete. */
  end(): ExportSummary {
    this.#requireWhole();
    return {
      ...this.#copies.counts,
      ...this.#copies.lists,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      long_cells: this.#longCells,
      long_events: this.#longEvents,
    };
  }
}

const written = (writer: LineWriter, line: string): ReturnType<LineWriter['write']> => {
  try {
    return writer.write(line);
  } catch (error) {
    // It depends on the line alone: a retry would give the same.
    throw new UnreadableOutput(
      `A line of the query output is not what receive writes: ${(error as Error).message}`,
    );
  }
};
