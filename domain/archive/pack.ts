/**
 * The pack: the rows of one request that share a bucket, as one Kinesis record. It is newline-delimited text,
 * gzipped if that saves a whole KiB, the unit in which Kinesis bills a record. A heartbeat is a pack
 * without rows.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Kinesis takes 1 MiB of data and partition key in a record; the key needs less than 256 bytes of it. */
export const maxPackBytes = 1024 * 1024 - 256;
/** A pack that inflates beyond this was not made by us, and is not read. */
export const maxInflatedBytes = 16 * 1024 * 1024;
const billedUnitBytes = 1024;
const newline = 0x0a;
/** Rows are short-lived in this form, so speed counts for more than size. */
export const packGzipLevel = 1;

/** A pack without rows. */
export const heartbeat = (): Buffer => Buffer.from('\n');

/** What goes to the stream as one record: rows, or, if `isRefused`, refused items. */
export type Pack = { bucket: number; data: Buffer; isRefused?: boolean };
/** The data of a pack, and how many rows it holds. */
export type PackedRows = { data: Buffer; rows: number };

/**
 * The rows of a bucket as packs, in order. A row is at most about 600 KiB, so one always fits. Packs of at most
 * `plainBytes` are not gzipped.
 */
export const encodePacks = (rows: readonly string[], plainBytes = billedUnitBytes): PackedRows[] => {
  const plain = Buffer.from(`${rows.join('\n')}\n`);
  if (plain.length <= maxPackBytes)
    return rows.length === 0 ? [] : [{ data: compress(plain, plainBytes), rows: rows.length }];
  if (rows.length === 1) throw new RangeError('A row is larger than a record of the stream');
  const middle = Math.ceil(rows.length / 2);
  return [...encodePacks(rows.slice(0, middle), plainBytes), ...encodePacks(rows.slice(middle), plainBytes)];
};

const compress = (plain: Buffer, plainBytes: number): Buffer => {
  if (plain.length <= plainBytes) return plain;
  const gzipped = gzipSync(plain, { level: packGzipLevel });
  return billedUnits(gzipped) < billedUnits(plain) ? gzipped : plain;
};

const billedUnits = (bytes: Buffer): number => Math.ceil(bytes.length / billedUnitBytes);

/** The lines of a pack without their newlines, none for a heartbeat; or what is wrong with it as a whole. */
export const decodePack = (data: Buffer): { lines: Buffer[]; bytes: number } | { fault: string } => {
  let bytes = data;
  if (data[0] === 0x1f && data[1] === 0x8b) {
    try {
      bytes = gunzipSync(data, { maxOutputLength: maxInflatedBytes });
    } catch (error) {
      const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      return {
        fault: isTooLarge
          ? `The pack inflates beyond ${maxInflatedBytes} bytes`
          : 'The pack is not whole gzip data',
      };
    }
  }
  if (!isUtf8(bytes)) return { fault: 'The pack is not UTF-8' };
  if (bytes[bytes.length - 1] !== newline) return { fault: 'The pack does not end with a newline' };
  if (bytes.length === 1) return { lines: [], bytes: 0 };
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, bytes: bytes.length };
};
