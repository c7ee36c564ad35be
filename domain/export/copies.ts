/**
 * Which lines of the output of an export's statements belong in its file. Copies of an event are next to each
 * other: the first is kept, the others are counted. A row can be in several objects if its batch was cut
 * differently at a retry; its echoes are skipped, and counted nowhere. In the run of a schedule, an event whose
 * first copy was filed before the run's window belongs to an earlier run, and is dropped with all its copies; so
 * is an event whose first copy does not match the filter of the export, by the statement or by its cells. Rows +
 * duplicates + those of earlier runs + filtered ones = rows read, since all are counted here, from these lines.
 *
 * A line is `"occurred_at","id","filed_at","content_sha256","1",scope_id,warnings,…`, followed by the exported
 * columns; all up to the scope's id have a fixed width. The output of an earlier statement has no warnings.
 */
import { createHash } from 'node:crypto';
import { exportedColumns } from '#domain/archive/columns.ts';
import { reservedPrefix } from '#domain/event/event.ts';
import type { Cells } from '#domain/filter/filter.ts';
import type { Instant } from '#domain/time.ts';
import { type Cell, parseCsvLine } from './csv-line.ts';
import { UuidSet } from './uuid-set.ts';

/** The identity of an event. */
export type EventKey = { id: string; occurred_at: Instant };

/**
 * One of the copies of an event that say different things: when it was filed, and its content, as in the CSV.
 */
export type ConflictingCopy = { filed_at: Instant; event: Readonly<Record<string, Cell>> };

/**
 * `copies` are the one that the file holds and the first that says something else; absent once there are too
 * many.
 */
export type Conflict = EventKey & { copies?: ConflictingCopy[] };

/**
 * The output of the query does not belong to its statement: it ends early, or is that of another statement.
 */
export class UnreadableOutput extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableOutput';
  }
}

export const maxListedEvents = 1000;
/** The size of listed copies of conflicts, as lines of the CSV. */
export const maxCopiesBytes = 1024 * 1024;

const quote = 0x22;
const comma = 0x2c;
const one = 0x31;
const occurredAtStart = 1;
const idStart = occurredAtStart + 30 + 3;
const filedAtStart = idStart + 36 + 3;
const sha256Start = filedAtStart + 30 + 3;
const keptStart = sha256Start + 64 + 3;
const scopeStart = keptStart + 1 + 2;
/** The start of the first exported column if Annals recorded the event about itself. */
const reservedStart = Buffer.from(`"${reservedPrefix}`);

/**
 * A line of the output: it is in `bytes` from `at` to `end`, its exported columns from `row` on. The codes of
 * its warnings, quoted or missing, are between the end of the scope's id and these.
 */
export type OutputLine = { bytes: Buffer; at: number; scopeEnd: number; row: number; end: number };

export type CopyCounts = {
  rows: number;
  /** Rows that were dropped because their event was in the file already. */
  duplicates: number;
  /** Rows of events that an earlier run of the schedule holds. */
  in_earlier_runs: number;
  /** Rows of events that do not match the filter. */
  filtered: number;
  /** Events with a copy that says something else than the kept one. */
  conflicts: number;
  /** Events whose id another event of the same scope has, at an earlier time. */
  reused_ids: number;
};

export type CopyLists = {
  /** The first thousand of each. */
  conflicting_events: Conflict[];
  reused_events: EventKey[];
  /** How many events of the file have each warning code. */
  event_warnings: Record<string, number>;
  /** Whether every row was recorded by Annals about itself. */
  is_empty: boolean;
};

export class ExportCopies {
  readonly counts: CopyCounts = {
    rows: 0,
    duplicates: 0,
    in_earlier_runs: 0,
    filtered: 0,
    conflicts: 0,
    reused_ids: 0,
  };
  readonly lists: CopyLists = {
    conflicting_events: [],
    reused_events: [],
    event_warnings: {},
    is_empty: true,
  };
  readonly #filedFrom: Buffer | undefined;
  readonly #isMatch: ((cells: Cells) => boolean) | undefined;
  #ids = new UuidSet();
  /** For the last event: the bytes of its first line up to the scope's id, that id, the line itself. */
  readonly #kept = Buffer.alloc(scopeStart);
  #keptScope: Buffer | undefined;
  #keptLine: OutputLine | undefined;
  /** `filed_at` and hash of the line before, which an echo of it shares. */
  readonly #filing = Buffer.alloc(keptStart - filedAtStart);
  #hasConflict = false;
  #scopeWords: [number, number, number, number] = [0, 0, 0, 0];
  /** Why the last event is not in the file, with all its copies; undefined if it is. */
  #dropped: 'in_earlier_runs' | 'filtered' | undefined;
  #copiesBytes = 0;

  /**
   * `filedFrom` is the beginning of a schedule's run, in `filed_at`; `isMatch` what the filter says of exported
   * cells.
   */
  constructor(filedFrom: Instant | undefined, isMatch?: (cells: Cells) => boolean) {
    this.#isMatch = isMatch;
    this.#filedFrom = filedFrom === undefined ? undefined : Buffer.from(filedFrom);
  }

  /** Takes the next line; returns whether it belongs in the file. */
  keeps(line: OutputLine): boolean {
    const { bytes, at, row, scopeEnd } = line;
    const kept = this.#kept;
    const scope = this.#keptScope;
    this.lists.is_empty &&= reservedStart.compare(bytes, row, row + reservedStart.length) === 0;
    const order = scope
      ? bytes.compare(kept, occurredAtStart, filedAtStart, at + occurredAtStart, at + filedAtStart)
      : 1;
    // Out of order, copies would not be next to each other, and an event would be doubled.
    if (order < 0)
      throw new UnreadableOutput('The lines of the query output are not in the order of the statement');
    const isSameScope =
      scope?.length === scopeEnd - at - scopeStart &&
      bytes.compare(scope, 0, scope.length, at + scopeStart, scopeEnd) === 0;
    const filedAt = at + filedAtStart;
    if (isSameScope && order === 0) return this.#passCopy(line);
    bytes.copy(kept, 0, at, at + scopeStart);
    bytes.copy(this.#filing, 0, filedAt, at + keptStart);
    this.#hasConflict = false;
    if (!isSameScope) {
      this.#keptScope = Buffer.from(bytes.subarray(at + scopeStart, scopeEnd));
      this.#scopeWords = wordsOf(this.#keptScope);
    }
    this.#dropped = this.#isEarlier(bytes, filedAt)
      ? 'in_earlier_runs'
      : this.#matches(line)
        ? undefined
        : 'filtered';
    if (this.#dropped) {
      this.counts[this.#dropped]++;
      return false;
    }
    this.#keptLine = line;
    this.counts.rows++;
    if (scopeEnd + 2 < row) this.#countWarnings(bytes.toString('latin1', scopeEnd + 2, row - 2));
    if (this.#ids.add(...this.#idWords(bytes, at + idStart))) return true;
    this.counts.reused_ids++;
    list(this.lists.reused_events, keyOf(line));
    return true;
  }

  #matches(line: OutputLine): boolean {
    if (line.bytes[line.at + keptStart] !== one) return false;
    return this.#isMatch?.(cellsOf(line)) ?? true;
  }

  #countWarnings(codes: string): void {
    const { event_warnings: counts } = this.lists;
    for (const code of codes.split(',')) counts[code] = (counts[code] ?? 0) + 1;
  }

  /** Counts a line whose event was read before. */
  #passCopy(line: OutputLine): false {
    const { bytes, at } = line;
    const filing = this.#filing;
    const filedAt = at + filedAtStart;
    if (bytes.compare(filing, 0, filing.length, filedAt, at + keptStart) === 0) return false;
    bytes.copy(filing, 0, filedAt, at + keptStart);
    if (this.#dropped) {
      this.counts[this.#dropped]++;
      return false;
    }
    this.counts.duplicates++;
    const isSame =
      bytes.compare(this.#kept, sha256Start, sha256Start + 64, at + sha256Start, at + sha256Start + 64) === 0;
    if (isSame || this.#hasConflict) return false;
    this.#hasConflict = true;
    this.counts.conflicts++;
    list(this.lists.conflicting_events, { ...keyOf(line), ...this.#copies(line) });
    return false;
  }

  #copies(other: OutputLine): { copies?: ConflictingCopy[] } {
    const lines = [this.#keptLine!, other];
    const size = lines.reduce((sum, { row, end }) => sum + end - row, 0);
    if (this.#copiesBytes + size > maxCopiesBytes) return {};
    this.#copiesBytes += size;
    return { copies: lines.map(copyOf) };
  }

  #isEarlier(bytes: Buffer, filedAt: number): boolean {
    const filedFrom = this.#filedFrom;
    return (
      filedFrom !== undefined &&
      bytes.compare(filedFrom, 0, filedFrom.length, filedAt, filedAt + filedFrom.length) < 0
    );
  }

  #idWords(bytes: Buffer, id: number): [number, number, number, number] {
    const [a, b, c, d] = this.#scopeWords;
    return [
      (hexWord(bytes, id, 8) ^ a) >>> 0,
      (hexWord(bytes, id + 9, 4) ^ b) >>> 0,
      (hexWord(bytes, id + 19, 4) ^ c) >>> 0,
      (hexWord(bytes, id + 28, 8) ^ d) >>> 0,
    ];
  }
}

/** The line from `at` to `end`. */
export const lineOf = (bytes: Buffer, at: number, end: number, hasWarnings: boolean): OutputLine => {
  const scopeEnd = fieldEnd(bytes, at + scopeStart, end);
  const warningsEnd = hasWarnings && scopeEnd < end ? fieldEnd(bytes, scopeEnd + 1, end) : scopeEnd;
  if (warningsEnd >= end || bytes[at] !== quote || bytes[at + scopeStart - 1] !== comma)
    throw new UnreadableOutput('A line of the query output has not the columns of the statement');
  return { bytes, at, scopeEnd, row: warningsEnd + 1, end };
};

/** The end of a field that is quoted or empty: at a comma. `end` if there is none. */
const fieldEnd = (bytes: Buffer, start: number, end: number): number => {
  let next = start;
  if (bytes[next] === quote) {
    next++;
    while (next < end && !(bytes[next] === quote && bytes[next + 1] !== quote))
      next += bytes[next] === quote ? 2 : 1;
    next++;
  }
  return bytes[next] === comma ? next : end;
};

export const keyOf = ({ bytes, at }: OutputLine): EventKey => ({
  id: bytes.toString('latin1', at + idStart, at + idStart + 36),
  occurred_at: bytes.toString('latin1', at + occurredAtStart, at + occurredAtStart + 30),
});

/** Adds to a list with a limit. */
export const list = <T>(events: T[], event: T): void => {
  if (events.length < maxListedEvents) events.push(event);
};

const eventOf = ({ bytes, row, end }: OutputLine): Record<string, Cell> => {
  const cells = parseCsvLine(bytes.toString('utf8', row, end));
  return Object.fromEntries(exportedColumns.map(({ name }, column) => [name, cells[column]!]));
};

const cellsOf = ({ bytes, row, end }: OutputLine): Cells => {
  const cells = parseCsvLine(bytes.toString('utf8', row, end));
  return Object.fromEntries(exportedColumns.map(({ name }, column) => [name, cells[column] ?? undefined]));
};

const copyOf = (line: OutputLine): ConflictingCopy => {
  const filedAt = line.at + filedAtStart;
  return { filed_at: line.bytes.toString('latin1', filedAt, filedAt + 30), event: eventOf(line) };
};

const digits = new Uint8Array(256);
for (let i = 0; i < 16; i++) digits['0123456789abcdef'.charCodeAt(i)] = i;

/** The word of 8 hex digits at `at`, which a dash may divide in two. */
const hexWord = (bytes: Buffer, at: number, dash: number): number => {
  let word = 0;
  for (let i = 0; i < 8; i++) word = (word << 4) | digits[bytes[at + i + (i >= dash ? 1 : 0)]!]!;
  return word >>> 0;
};

/** Ids are unique within their scope only: a digest of the scope separates those of different scopes. */
const wordsOf = (scope: Buffer): [number, number, number, number] => {
  const digest = createHash('sha256').update(scope).digest();
  return [digest.readUInt32BE(0), digest.readUInt32BE(4), digest.readUInt32BE(8), digest.readUInt32BE(12)];
};
