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
  #hasHeader = false;
  #hasWarnings = false;
  #hasBegun = false;
  #bytes = 0;
  #longCells = 0;
  readonly #longEvents: EventKey[] = [];

  /** `filedFrom` is the beginning of a schedule's run, in `filed_at`. */
  constructor(filedFrom?: Instant, format: ExportFormat = 'csv') {
    this.#copies = new ExportCopies(filedFrom);
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

  /** Takes the next bytes of the output; returns the next bytes of the file. */
  push(chunk: Buffer): Buffer {
    const input = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const start = this.#hasHeader ? 0 : this.#passHeader(input);
    if (start === undefined) {
      this.#rest = input;
      return Buffer.alloc(0);
    }
    const { written, end } = this.#writer
      ? this.#write(input, start, this.#writer)
      : this.#copy(input, start);
    this.#rest = Buffer.from(input.subarray(end));
    const bytes = this.#hasBegun ? written : Buffer.concat([this.#writer?.header ?? csvHeader, written]);
    this.#hasBegun = true;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    return bytes;
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

  /** The kept lines, unchanged. */
  #copy(bytes: Buffer, start: number): { written: Buffer; end: number } {
    const output = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    let at = start;
    for (let end = bytes.indexOf(newline, at); end >= 0; end = bytes.indexOf(newline, at)) {
      const line = lineOf(bytes, at, end, this.#hasWarnings);
      if (this.#copies.keeps(line)) length += bytes.copy(output, length, line.row, end + 1);
      at = end + 1;
    }
    return { written: output.subarray(0, length), end: at };
  }

  /** The kept lines, in another format. */
  #write(bytes: Buffer, start: number, writer: LineWriter): { written: Buffer; end: number } {
    const lines: string[] = [];
    let at = start;
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
    return { written: Buffer.from(lines.join('')), end: at };
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
