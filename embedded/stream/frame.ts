/**
 * A record of the embedded stream on disk: its length and a CRC-32 of the rest, which show whether it is
 * complete.
 */
import { crc32 } from 'node:zlib';

export const maxRecordBytes = 1024 * 1024;

export type StreamRecord = { sequence: bigint; arrivalMs: number; partitionKey: string; data: Buffer };

/** Length of the rest, CRC-32 of the rest; sequence, arrival, length of the key, key, data. */
const frameHead = 8;
const bodyHead = 8 + 8 + 2;
/** A key has at most 256 characters; we never wrote anything longer than this. */
const maxBodyBytes = bodyHead + 4 * 256 + maxRecordBytes;

export const encodeFrame = ({ sequence, arrivalMs, partitionKey, data }: StreamRecord): Buffer => {
  const key = Buffer.from(partitionKey);
  const frame = Buffer.allocUnsafe(frameHead + bodyHead + key.length + data.length);
  frame.writeBigUInt64BE(sequence, frameHead);
  frame.writeDoubleBE(arrivalMs, frameHead + 8);
  frame.writeUInt16BE(key.length, frameHead + 16);
  key.copy(frame, frameHead + bodyHead);
  data.copy(frame, frameHead + bodyHead + key.length);
  const body = frame.subarray(frameHead);
  frame.writeUInt32BE(body.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return frame;
};

/**
 * The body of a frame at `at`, as long as its length says; undefined if it cannot be one, or is incomplete.
 */
const bodyAt = (bytes: Buffer, at: number): Buffer | undefined => {
  if (at + frameHead + bodyHead > bytes.length) return undefined;
  const length = bytes.readUInt32BE(at);
  const next = at + frameHead + length;
  return length < bodyHead || length > maxBodyBytes || next > bytes.length
    ? undefined
    : bytes.subarray(at + frameHead, next);
};

/** The record at `at`, and where the next one begins; undefined if there is no complete record. */
export const decodeFrame = (
  bytes: Buffer,
  at: number,
): { record: StreamRecord; next: number } | undefined => {
  const body = bodyAt(bytes, at);
  if (!body || crc32(body) !== bytes.readUInt32BE(at + 4)) return undefined;
  const keyLength = body.readUInt16BE(16);
  const record = {
    sequence: body.readBigUInt64BE(0),
    arrivalMs: body.readDoubleBE(8),
    partitionKey: body.toString('utf8', bodyHead, bodyHead + keyLength),
    data: body.subarray(bodyHead + keyLength),
  };
  return { record, next: at + frameHead + body.length };
};

/** No stream takes this many records between two records of one shard. */
const sequenceRange = 1n << 48n;

/**
 * Whether a complete record later than `after` is somewhere behind `at`: then the bytes there are damaged,
 * and not the rest of a write that was cut short. Only a plausible sequence number is worth computing a CRC.
 */
export const hasFrameBehind = (bytes: Buffer, at: number, after: bigint): boolean => {
  for (let next = at + 1; next + frameHead + bodyHead <= bytes.length; next++) {
    const sequence = bodyAt(bytes, next)?.readBigUInt64BE(0);
    if (sequence === undefined || sequence <= after || sequence > after + sequenceRange) continue;
    if (decodeFrame(bytes, next)) return true;
  }
  return false;
};
