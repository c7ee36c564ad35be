/**
 * A line on its way to the ledger is canonical: the declared columns in the declared order, absent ones left
 * out, strings as `JSON.stringify` writes them, nothing else. So a line is exactly what its own cells encode,
 * and is filed unchanged. This file reads it in one pass, without creating values that nobody needs: archive
 * spends more of its time here than anywhere else.
 */
import { type ColumnType, columns } from './columns.ts';

/** The cells that filing needs. */
export type Cells = { occurred_at: string; id: string; scope_id: string | undefined; target_id: string };

type LineColumn = {
  name: string;
  /** `"name":` */
  label: Buffer;
  type: ColumnType;
  isRequired: boolean;
  isNested: boolean;
  isCell: boolean;
};

/** Whose cells are JSON objects. */
export const nestedColumns: readonly string[] = [
  'actor',
  'target',
  'payload',
  'metadata',
  'scope',
  'request',
];
const wanted: readonly string[] = ['occurred_at', 'id', 'scope_id', 'target_id'] satisfies (keyof Cells)[];

const lineColumns: readonly LineColumn[] = columns
  .filter(({ name }) => name !== 'filed_at')
  .map(({ name, type, isRequired }) => ({
    name,
    label: Buffer.from(`"${name}":`),
    type,
    isRequired,
    isNested: nestedColumns.includes(name),
    isCell: wanted.includes(name),
  }));

const quote = 0x22;
const backslash = 0x5c;

/** The bytes after a backslash that `JSON.stringify` writes: `b f n r t " \\`. */
const shortEscapes = new Uint8Array(256);
for (const character of 'bfnrt"\\') shortEscapes[character.charCodeAt(0)] = 1;
/** For a control character without a short escape: what follows `\\u`. */
const longEscape = /^00(?:0[0-7be-f]|1[0-9a-f])$/;

/**
 * The closing quote of the string that begins after `start`; -1 if it is not as `JSON.stringify` writes it.
 */
const endOfString = (line: Buffer, start: number): number => {
  for (let at = start; at < line.length; at++) {
    const byte = line[at]!;
    if (byte === quote) return at;
    if (byte < 0x20) return -1;
    if (byte !== backslash) continue;
    at++;
    if (shortEscapes[line[at]!] === 1) continue;
    // `JSON.stringify` escapes no other characters, and no halves of surrogate pairs in these texts.
    if (line[at] !== 0x75 || !longEscape.test(line.toString('latin1', at + 1, at + 5))) return -1;
    at += 4;
  }
  return -1;
};

const tokens = { true: Buffer.from('true'), false: Buffer.from('false') };

const startsWith = (line: Buffer, at: number, expected: Buffer): boolean => {
  for (let i = 0; i < expected.length; i++) if (line[at + i] !== expected[i]) return false;
  return true;
};

/** The end of the value at `at`; -1 if it is not of the type, in its one form. */
const endOfValue = (line: Buffer, at: number, { type, isNested }: LineColumn): number => {
  if (type === 'varchar') {
    if (line[at] !== quote || (isNested && line[at + 1] !== 0x7b)) return -1;
    const end = endOfString(line, at + 1);
    return end < 0 ? -1 : end + 1;
  }
  if (type === 'boolean')
    return startsWith(line, at, tokens.true) ? at + 4 : startsWith(line, at, tokens.false) ? at + 5 : -1;
  let end = at;
  while (line[end]! >= 0x30 && line[end]! <= 0x39) end++;
  // An integer of 32 bits without a sign or leading zeros.
  const isInteger = end > at && end - at <= 10 && line[at] !== 0x30;
  return isInteger && Number(line.toString('latin1', at, end)) < 2 ** 31 ? end : -1;
};

/** Reads a line without its newline; a fault names the column, and never its content. */
export const readLine = (line: Buffer): { cells: Cells } | { fault: string } => {
  const cells: Record<string, string> = {};
  let at = 0;
  for (const column of lineColumns) {
    // The brace precedes the first column, a comma each other one.
    if (line[at] !== (at === 0 ? 0x7b : 0x2c) || !startsWith(line, at + 1, column.label)) {
      if (column.isRequired) return { fault: `The column "${column.name}" is missing or not in its place` };
      continue;
    }
    const start = at + 1 + column.label.length;
    const end = endOfValue(line, start, column);
    if (end < 0) return { fault: `The column "${column.name}" is not written as a row has it` };
    if (column.isCell) cells[column.name] = JSON.parse(line.toString('utf8', start, end)) as string;
    at = end;
  }
  if (line[at] !== 0x7d || at + 1 !== line.length)
    return { fault: 'The line holds something that is not a column, or not in its place' };
  return { cells: cells as Cells };
};
