/**
 * The outputs of an export's statements to the customer's CSV, in one pass over the bytes. Copies of an event
 * stand beside each other: the first is kept, the others are counted. What is kept is passed on as it came,
 * less the columns that told the copies apart. A row that stands in several objects, since its batch was cut anew, is
 * one row: its echoes are passed over, and counted nowhere. Of the run of a schedule, an event whose first copy was filed before
 * the run's window is of an earlier run, and dropped with all its copies; so is an event whose first copy the filter of
 * the export does not hold for. Rows + duplicates + those of earlier runs + those filtered = rows read, since all are
 * counted here, from the very lines.
 *
 * A row is one line: no cell can hold a line break, for JSON text has none and the other cells are of known
 * form. The output is checked to be whole; one that is not throws.
 */
import { createHash, type Hash } from 'node:crypto';
import { exportedColumns } from './columns.ts';
import { outputHeader } from './export-statement.ts';
import type { Instant } from './time.ts';
import { UuidSet } from './uuid-set.ts';

/** An event named by what tells it from others. */
export type EventKey = { id: string; occurred_at: Instant };

export type ExportSummary = {
  rows: number;
  /** Rows that were dropped because the event stood in the file already. */
  duplicates: number;
  /** Rows of events that an earlier run of the schedule holds. */
  in_earlier_runs: number;
  /** Rows of events that the filter does not hold for. */
  filtered: number;
  /** Events of which a copy said something else than the one that was kept. */
  conflicts: number;
  /** Events whose id another event of the same scope bears, at an earlier time. */
  reused_ids: number;
  bytes: number;
  /** Of the CSV, in hex. */
  sha256: string;
  /** The first thousand of each. */
  conflicting_events: EventKey[];
  reused_events: EventKey[];
};

/** The output of the query is not what its statement gives: it ends early, or is of another statement. */
export class UnreadableOutput extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableOutput';
  }
}

export const maxListedEvents = 1000;

const printHeader = (names: readonly string[]): string => `${names.map(name => `"${name}"`).join(',')}\n`;
const headerIn = Buffer.from(printHeader(outputHeader));
const headerOut = Buffer.from(printHeader(exportedColumns.map(({ name }) => name)));

// `"occurred_at","id","filed_at","content_sha256","1",scope_id,…`: all but the last are of fixed width.
const quote = 0x22;
const comma = 0x2c;
const newline = 0x0a;
const occurredAtStart = 1;
const idStart = occurredAtStart + 30 + 3;
const filedAtStart = idStart + 36 + 3;
const sha256Start = filedAtStart + 30 + 3;
const keptStart = sha256Start + 64 + 3;
const scopeStart = keptStart + 1 + 2;
const one = 0x31;

const digits = new Uint8Array(256);
for (let i = 0; i < 16; i++) digits['0123456789abcdef'.charCodeAt(i)] = i;

/** The word of 8 hex digits at `at`, which a dash may divide in two. */
const hexWord = (bytes: Buffer, at: number, dash: number): number => {
  let word = 0;
  for (let i = 0; i < 8; i++) word = (word << 4) | digits[bytes[at + i + (i >= dash ? 1 : 0)]!]!;
  return word >>> 0;
};

export class ExportFile {
  #hash: Hash = createHash('sha256');
  #ids = new UuidSet();
  /** The start of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  #hasHeader = false;
  /** Of the event that was read last: the bytes of its first line up to the scope's id, that id, whether a conflict has been counted. */
  readonly #kept = Buffer.alloc(scopeStart);
  #keptScope: Buffer | undefined;
  /** `filed_at` and hash of the line before, which an echo of it has too. */
  readonly #filing = Buffer.alloc(keptStart - filedAtStart);
  #hasConflict = false;
  #scopeWords: [number, number, number, number] = [0, 0, 0, 0];
  /** Why the event that was read last is not in the file, with all its copies; undefined where it is. */
  #dropped: 'in_earlier_runs' | 'filtered' | undefined;
  readonly #filedFrom: Buffer | undefined;
  #hasBegun = false;
  #summary = {
    rows: 0,
    duplicates: 0,
    in_earlier_runs: 0,
    filtered: 0,
    conflicts: 0,
    reused_ids: 0,
    bytes: 0,
  };
  #conflicting: EventKey[] = [];
  #reused: EventKey[] = [];

  /** `filedFrom` is the beginning of a schedule's run, in `filed_at`. */
  constructor(filedFrom?: Instant) {
    this.#filedFrom = filedFrom === undefined ? undefined : Buffer.from(filedFrom);
  }

  /** The next bytes are of the output of the next slice; throws where the one before was not whole. */
  nextOutput(): void {
    this.#requireWhole();
    this.#hasHeader = false;
  }

  #requireWhole(): void {
    if (!this.#hasHeader || this.#rest.length > 0)
      throw new UnreadableOutput('The query output ends in the middle of a line');
  }

  /** Takes the next bytes of the output; gives the next bytes of the CSV. */
  push(chunk: Buffer): Buffer {
    const input = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const output = Buffer.allocUnsafe(input.length + headerOut.length);
    let length = 0;
    let at = 0;
    if (!this.#hasHeader) {
      if (input.length < headerIn.length) {
        this.#rest = input;
        return Buffer.alloc(0);
      }
      if (!input.subarray(0, headerIn.length).equals(headerIn))
        throw new UnreadableOutput('The query output does not begin with the header of the statement');
      this.#hasHeader = true;
      at = headerIn.length;
      if (!this.#hasBegun) length = headerOut.copy(output);
      this.#hasBegun = true;
    }
    for (;;) {
      const end = input.indexOf(newline, at);
      if (end < 0) break;
      const row = this.#rowStart(input, at, end);
      if (this.#keeps(input, at, row)) length += input.copy(output, length, row, end + 1);
      at = end + 1;
    }
    this.#rest = Buffer.from(input.subarray(at));
    const written = output.subarray(0, length);
    this.#hash.update(written);
    this.#summary.bytes += length;
    return written;
  }

  /** Ends the file; throws where the output was not whole. */
  end(): ExportSummary {
    this.#requireWhole();
    return {
      ...this.#summary,
      sha256: this.#hash.digest('hex'),
      conflicting_events: this.#conflicting,
      reused_events: this.#reused,
    };
  }

  /** Where the exported columns of the line from `at` begin: after the scope's id, which is quoted or empty. */
  #rowStart(bytes: Buffer, at: number, end: number): number {
    let next = at + scopeStart;
    if (bytes[next] === quote) {
      next++;
      while (next < end && !(bytes[next] === quote && bytes[next + 1] !== quote))
        next += bytes[next] === quote ? 2 : 1;
      next++;
    }
    if (next >= end || bytes[next] !== comma || bytes[at] !== quote || bytes[at + scopeStart - 1] !== comma)
      throw new UnreadableOutput('A line of the query output has not the columns of the statement');
    return next + 1;
  }

  #keeps(bytes: Buffer, at: number, row: number): boolean {
    const kept = this.#kept;
    const scope = this.#keptScope;
    const scopeEnd = row - 1;
    const order = scope
      ? bytes.compare(kept, occurredAtStart, filedAtStart, at + occurredAtStart, at + filedAtStart)
      : 1;
    // Out of order, copies would not stand beside each other, and one would be doubled.
    if (order < 0)
      throw new UnreadableOutput('The lines of the query output are not in the order of the statement');
    const isSameScope =
      scope?.length === scopeEnd - at - scopeStart &&
      bytes.compare(scope, 0, scope.length, at + scopeStart, scopeEnd) === 0;
    const filing = this.#filing;
    const filedAt = at + filedAtStart;
    if (isSameScope && order === 0) {
      if (bytes.compare(filing, 0, filing.length, filedAt, at + keptStart) === 0) return false;
      bytes.copy(filing, 0, filedAt, at + keptStart);
      if (this.#dropped) {
        this.#summary[this.#dropped]++;
        return false;
      }
      this.#summary.duplicates++;
      const isSame =
        bytes.compare(kept, sha256Start, sha256Start + 64, at + sha256Start, at + sha256Start + 64) === 0;
      if (!isSame && !this.#hasConflict) {
        this.#hasConflict = true;
        this.#summary.conflicts++;
        this.#list(this.#conflicting, bytes, at);
      }
      return false;
    }
    bytes.copy(kept, 0, at, at + scopeStart);
    bytes.copy(filing, 0, filedAt, at + keptStart);
    this.#hasConflict = false;
    if (!isSameScope) {
      this.#keptScope = Buffer.from(bytes.subarray(at + scopeStart, scopeEnd));
      this.#scopeWords = wordsOf(this.#keptScope);
    }
    this.#dropped = this.#isEarlier(bytes, at)
      ? 'in_earlier_runs'
      : bytes[at + keptStart] === one
        ? undefined
        : 'filtered';
    if (this.#dropped) {
      this.#summary[this.#dropped]++;
      return false;
    }
    this.#summary.rows++;
    const [a, b, c, d] = this.#scopeWords;
    const id = at + idStart;
    const isNew = this.#ids.add(
      (hexWord(bytes, id, 8) ^ a) >>> 0,
      (hexWord(bytes, id + 9, 4) ^ b) >>> 0,
      (hexWord(bytes, id + 19, 4) ^ c) >>> 0,
      (hexWord(bytes, id + 28, 8) ^ d) >>> 0,
    );
    if (!isNew) {
      this.#summary.reused_ids++;
      this.#list(this.#reused, bytes, at);
    }
    return true;
  }

  #isEarlier(bytes: Buffer, at: number): boolean {
    const filedFrom = this.#filedFrom;
    const filedAt = at + filedAtStart;
    return (
      filedFrom !== undefined &&
      bytes.compare(filedFrom, 0, filedFrom.length, filedAt, filedAt + filedFrom.length) < 0
    );
  }

  #list(list: EventKey[], bytes: Buffer, at: number): void {
    if (list.length === maxListedEvents) return;
    list.push({
      id: bytes.toString('latin1', at + idStart, at + idStart + 36),
      occurred_at: bytes.toString('latin1', at + occurredAtStart, at + occurredAtStart + 30),
    });
  }
}

/** Ids are unique within their scope only: a digest of the scope sets those of different scopes apart. */
const wordsOf = (scope: Buffer): [number, number, number, number] => {
  const digest = createHash('sha256').update(scope).digest();
  return [digest.readUInt32BE(0), digest.readUInt32BE(4), digest.readUInt32BE(8), digest.readUInt32BE(12)];
};
