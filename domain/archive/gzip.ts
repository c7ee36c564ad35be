/**
 * Reads gzip (RFC 1952) as strictly as possible: every member must be complete, with the checksum and the
 * length of its text, and nothing may follow the last. Node's own reader silently skips what follows a
 * member.
 */
import { crc32, inflateRawSync } from 'node:zlib';

export type Gunzipped = { text: Buffer; members: number };

const headerBytes = 10;
const trailerBytes = 8;

/** The text, and its number of members; or what is wrong. */
export const readGzip = (bytes: Buffer, maxTextBytes: number): Gunzipped | { fault: string } => {
  const texts: Buffer[] = [];
  let textBytes = 0;
  for (let at = 0; at < bytes.length || texts.length === 0; ) {
    const member = readMember(bytes.subarray(at), maxTextBytes - textBytes);
    if ('fault' in member) {
      if (texts.length === 0) return member;
      return {
        fault: `${bytes.length - at} bytes after member ${texts.length} are no member: ${member.fault}`,
      };
    }
    texts.push(member.text);
    textBytes += member.text.length;
    at += member.bytes;
  }
  return { text: texts.length === 1 ? texts[0]! : Buffer.concat(texts), members: texts.length };
};

const readMember = (
  bytes: Buffer,
  maxTextBytes: number,
): { text: Buffer; bytes: number } | { fault: string } => {
  if (bytes.length < headerBytes || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    return { fault: 'it is not gzip' };
  if (bytes[3] !== 0) return { fault: 'its header has fields that archive never writes' };
  const data = bytes.subarray(headerBytes);
  let text: Buffer;
  let dataBytes: number;
  try {
    const inflated = inflateRawSync(data, {
      info: true,
      maxOutputLength: Math.max(maxTextBytes, 1),
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    text = inflated.buffer;
    dataBytes = inflated.engine.bytesWritten;
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return {
      fault: isTooLarge ? 'its text is larger than any that is written' : 'its data is damaged or cut',
    };
  }
  const trailer = data.subarray(dataBytes, dataBytes + trailerBytes);
  if (trailer.length < trailerBytes) return { fault: 'it is cut' };
  if (trailer.readUInt32LE(0) !== crc32(text) || trailer.readUInt32LE(4) !== text.length % 2 ** 32)
    return { fault: 'its checksum is not that of its text' };
  return { text, bytes: headerBytes + dataBytes + trailerBytes };
};
