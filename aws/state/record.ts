/**
 * Records of the state, as JSON with a final newline; earlier releases wrote some without. A damaged record is reported
 * by its place, never by the parser's words.
 */
import type { StoredObject } from '#aws/objects.ts';

/** A record that is not what it should be; the message names its place, and what to do. */
export class UnreadableRecord extends Error {
  constructor(place: string, reason: string, cure: string) {
    super(`The record ${place} cannot be read: ${reason}. ${cure}`);
    this.name = 'UnreadableRecord';
  }
}

export const isUnreadable = (value: unknown): value is UnreadableRecord => value instanceof UnreadableRecord;

export type RecordKind<T> = {
  /** Whether a value has what the record must have. */
  isWhole(value: Partial<T>): boolean;
  /** What to do about one that is damaged. */
  cure: string;
};

type Stored = Pick<StoredObject, 'bytes' | 'place'>;

/** The record, or what is wrong with it: for lists, in which one that is damaged stops no other. */
export const decodeRecord = <T>({ bytes, place }: Stored, kind: RecordKind<T>): T | UnreadableRecord => {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    // Not the parser's words: they quote what stands there.
    return new UnreadableRecord(place, bytes.length === 0 ? 'it is empty' : 'it is not JSON', kind.cure);
  }
  return typeof value === 'object' && value !== null && kind.isWhole(value as Partial<T>)
    ? (value as T)
    : new UnreadableRecord(place, 'members that it must have are missing or wrong', kind.cure);
};

/** The record; throws `UnreadableRecord` if it is damaged. */
export const readRecord = <T>(stored: Stored, kind: RecordKind<T>): T => {
  const record = decodeRecord(stored, kind);
  if (isUnreadable(record)) throw record;
  return record;
};

export const encodeRecord = (record: object): Buffer => Buffer.from(`${JSON.stringify(record)}\n`);

/** What was read, or what is wrong with its record. */
export const orUnreadable = async <T>(reading: Promise<T>): Promise<T | UnreadableRecord> => {
  try {
    return await reading;
  } catch (error) {
    if (isUnreadable(error)) return error;
    throw error;
  }
};
