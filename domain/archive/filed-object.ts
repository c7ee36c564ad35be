/**
 * Checks an object of the ledger against its own key: it is one gzip member, its text is the one that the key
 * names, and every row is where its bucket, its `filed_at` and its lane put it.
 */
import { createHash } from 'node:crypto';
import type { ParsedObjectKey } from '#domain/archive/layout.ts';
import { dateOf, type Instant, isInstant } from '#domain/time.ts';
import { bucketName, bucketOf } from './bucket.ts';
import { readGzip } from './gzip.ts';
import { laneOf, lateBefore } from './lane.ts';
import { decodeRow, type ReadRow } from './row.ts';

/** More than a batch of archive holds, with the `filed_at` of every row. */
const maxTextBytes = 1024 ** 3;

/** What can be wrong with an object; a closed list. */
export const objectFaults = {
  damaged_object: 'objects that are not whole, or not the text that their name says',
  many_members: 'objects of many gzip members, which some readers read short',
  unreadable_rows: 'objects with lines that are not rows',
  misplaced_rows: 'objects with rows of another bucket, lane or day',
} as const;
export type ObjectFault = { kind: keyof typeof objectFaults; detail: string };

export type FiledObject = {
  faults: ObjectFault[];
  members: number;
  /** Each with its `filed_at`; empty if the object cannot be read. */
  lines: Buffer[];
  lastFiledAt: Instant | undefined;
};

/** What tells where a row of the ledger belongs. */
export type FiledRow = ReadRow & { filedAt: Instant };

/** `readRow` reads a line without its newline; or says what is wrong with it, without its content. */
export const readFiledObject = (
  bytes: Buffer,
  name: ParsedObjectKey,
  buckets: number,
  readRow: (line: Buffer) => FiledRow | { fault: string } = readFiledRow,
): FiledObject => {
  const read = readGzip(bytes, maxTextBytes);
  const damaged = (detail: string): FiledObject => ({
    faults: [{ kind: 'damaged_object', detail }],
    members: 0,
    lines: [],
    lastFiledAt: undefined,
  });
  if ('fault' in read) return damaged(read.fault);
  const { text, members } = read;
  const faults: ObjectFault[] = [];
  // Older names do not say how many members there are; archive wrote many then.
  if (members > 1 && name.streamDigits !== undefined)
    faults.push({ kind: 'many_members', detail: `${members} members` });
  if (!createHash('sha256').update(text).digest('hex').startsWith(name.textDigits))
    faults.push({ kind: 'damaged_object', detail: 'its text is not the one that its name says' });
  const lines = linesOf(text);
  if (!lines) return damaged('its text does not end with a newline');
  const unreadable = new Places();
  const misplaced = new Places();
  let lastFiledAt: Instant | undefined;
  lines.forEach((line, at) => {
    const row = readRow(line);
    if ('fault' in row) unreadable.add(at, row.fault);
    else {
      const place = misplacement(row, name, buckets);
      if (place !== undefined) misplaced.add(at, place);
      if (at === 0 && row.filedAt !== name.firstFiledAt) misplaced.add(at, `it was filed at ${row.filedAt}`);
      if (lastFiledAt === undefined || row.filedAt > lastFiledAt) lastFiledAt = row.filedAt;
    }
  });
  if (unreadable.count > 0) faults.push({ kind: 'unreadable_rows', detail: unreadable.tell() });
  if (misplaced.count > 0) faults.push({ kind: 'misplaced_rows', detail: misplaced.tell() });
  return { faults, members, lines, lastFiledAt };
};

/** How many lines of an object have something wrong, and what it is in the first of them. */
class Places {
  count = 0;
  #first = '';

  add(at: number, what: string): void {
    if (this.count === 0) this.#first = `line ${at + 1}: ${what}`;
    this.count += 1;
  }

  tell(): string {
    return `${this.count === 1 ? '' : `${this.count} lines, the first is `}${this.#first}`;
  }
}

const newline = 0x0a;

const linesOf = (text: Buffer): Buffer[] | undefined => {
  if (text[text.length - 1] !== newline) return undefined;
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(newline, start);
    lines.push(text.subarray(start, end));
    start = end + 1;
  }
  return lines;
};

// A filed row ends with `,"filed_at":"<30 characters>"}`.
const filedAtStart = ',"filed_at":"';
const filedAtBytes = filedAtStart.length + 30 + 2;

/** A row as it was filed; or what is wrong with the line. */
const readFiledRow = (line: Buffer): FiledRow | { fault: string } => {
  const end = line.subarray(Math.max(0, line.length - filedAtBytes)).toString('latin1');
  const filedAt = end.slice(filedAtStart.length, -2);
  if (!end.startsWith(filedAtStart) || !end.endsWith('"}') || !isInstant(filedAt))
    return { fault: 'it does not end with its filed_at' };
  const row = decodeRow(Buffer.concat([line.subarray(0, -filedAtBytes), Buffer.from('}')]));
  return 'fault' in row ? row : { ...row, filedAt };
};

/** Where a row belongs, if it is in the wrong place. */
const misplacement = (
  { occurredAt, bucketedBy, filedAt }: FiledRow,
  name: ParsedObjectKey,
  buckets: number,
): string | undefined => {
  const bucket = bucketOf(bucketedBy, buckets);
  const lane = laneOf(occurredAt, lateBefore(filedAt));
  if (bucket !== name.bucket) return `it belongs in bucket ${bucketName(bucket)}`;
  if (lane !== name.lane) return `it belongs in lane ${lane}`;
  if (dateOf(filedAt) !== dateOf(name.firstFiledAt)) return `it was filed on ${dateOf(filedAt)}`;
  return undefined;
};
