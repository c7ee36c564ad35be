/** A gzip reader that reads one member and nothing after it, like the weakest readers of Athena's family. */
import { crc32, inflateRawSync } from 'node:zlib';

/** The text of a file of exactly one member without optional fields; throws for any other file. */
export const readOneMember = (bytes: Buffer): Buffer => {
  if (bytes.readUInt16BE(0) !== 0x1f8b || bytes[2] !== 8) throw new Error('This is not gzip');
  if (bytes[3] !== 0) throw new Error('The member has optional fields');
  const { buffer, engine } = inflateRawSync(bytes.subarray(10), { info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  const trailer = bytes.subarray(10 + engine.bytesWritten);
  if (trailer.length !== 8) throw new Error(`${trailer.length} bytes follow the data instead of a trailer`);
  if (trailer.readUInt32LE(0) !== crc32(buffer)) throw new Error('The CRC-32 is not that of the text');
  if (trailer.readUInt32LE(4) !== buffer.length % 2 ** 32)
    throw new Error('The length is not that of the text');
  return buffer;
};
