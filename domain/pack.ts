/**
 * The pack: the rows of one request that share a bucket, as one Kinesis record. It is newline-delimited text,
 * gzipped where that saves a whole KiB, the unit in which Kinesis bills a record. A heartbeat is a pack
 * without rows.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Kinesis takes 1 MiB of data and partition key in a record; the key needs less than 256 bytes of it. */
export const maxPackBytes = 1024 * 1024 - 256;
/** A pack that inflates beyond this was not made by us, and is not read. */
export const maxInflatedBytes = 16 * 1024 * 1024;
const billedUnitBytes = 1024;
/** Rows are short-lived in this form, so speed counts for more than size. */
export const packGzipLevel = 1;

/** A pack without rows. */
export const heartbeat = (): Buffer => Buffer.from('\n');

/** The rows of a bucket as packs, in order, with how many each holds. A row is at most about 600 KiB, so one always fits. */
export const encodePacks = (rows: readonly string[]): { data: Buffer; rows: number }[] => {
  const packs: { data: Buffer; rows: number }[] = [];
  let text = '';
  let bytes = 0;
  let held = 0;
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row) + 1;
    if (bytes + rowBytes > maxPackBytes && bytes > 0) {
      packs.push({ data: compress(text), rows: held });
      text = '';
      bytes = 0;
      held = 0;
    }
    text += `${row}\n`;
    bytes += rowBytes;
    held += 1;
  }
  if (bytes > 0) packs.push({ data: compress(text), rows: held });
  return packs;
};

const compress = (text: string): Buffer => {
  const plain = Buffer.from(text);
  if (plain.length <= billedUnitBytes) return plain;
  const gzipped = gzipSync(plain, { level: packGzipLevel });
  return billedUnits(gzipped) < billedUnits(plain) ? gzipped : plain;
};

const billedUnits = (bytes: Buffer): number => Math.ceil(bytes.length / billedUnitBytes);

/** The lines of a pack, none for a heartbeat; or what is wrong with it as a whole. */
export const decodePack = (data: Buffer): { lines: string[]; bytes: number } | { fault: string } => {
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
  const lines = bytes.toString('utf8').split('\n');
  if (bytes.length === 0 || lines.pop() !== '') return { fault: 'The pack does not end with a newline' };
  if (lines.length === 1 && lines[0] === '') return { lines: [], bytes: 0 };
  return { lines, bytes: bytes.length };
};
