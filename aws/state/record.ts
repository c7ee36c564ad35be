/**
 * Records of the state: JSON with a final newline, which earlier releases sometimes left out. A damaged
 * record is reported by its place, never with the parser's message.
 */
import type { StoredObject } from '#aws/objects.ts';

/** A damaged record; the message names its place and what to do. */
export class UnreadableRecord extends Error {
  constructor(place: string, reason: string, cure: string) {
    super(`The record ${place} cannot be read: ${reason}. ${cure}`);
    this.name = 'UnreadableRecord';
  }
}

export const isUnreadable = (value: unknown): value is UnreadableRecord => value instanceof UnreadableRecord;

export type RecordKind<T> = {
  /** Whether a value has everything that the record needs. */
  isWhole(value: Partial<T>): boolean;
  /** What to do about a damaged record. */
  cure: string;
};

type Stored = Pick<StoredObject, 'bytes' | 'place'>;

/** The record, or its error: for lists, which a damaged record must not break. */
export const decodeRecord = <T>({ bytes, place }: Stored, kind: RecordKind<T>): T | UnreadableRecord => {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    // The parser's own message is not used: it quotes the content.
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

/** The result of a read, or the error if its record is damaged. */
export const orUnreadable = async <T>(reading: Promise<T>): Promise<T | UnreadableRecord> => {
  try {
    return await reading;
  } catch (error) {
    if (isUnreadable(error)) return error;
    throw error;
  }
};
