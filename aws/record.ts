/** Records of the state as JSON. One that is damaged is told by its place, never by the parser's words alone. */
import type { StoredObject } from './objects.ts';

/** A record that is not what it should be; the message names its place, and what to do. */
export class UnreadableRecord extends Error {
  constructor(place: string, reason: string, cure: string) {
    super(`The record ${place} cannot be read: ${reason}. ${cure}`);
    this.name = 'UnreadableRecord';
  }
}

export type RecordKind<T> = {
  /** Whether a value has what the record must have. */
  isWhole(value: Partial<T>): boolean;
  /** What to do about one that is damaged. */
  cure: string;
};

export const readRecord = <T>({ bytes, place }: Omit<StoredObject, 'etag'>, kind: RecordKind<T>): T => {
  const unreadable = (reason: string) => new UnreadableRecord(place, reason, kind.cure);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    // Not the parser's words: they quote what stands there.
    throw unreadable(bytes.length === 0 ? 'it is empty' : 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || !kind.isWhole(value as Partial<T>))
    throw unreadable('members that it must have are missing or wrong');
  return value as T;
};

export const encodeRecord = (record: object): Buffer => Buffer.from(`${JSON.stringify(record)}\n`);
