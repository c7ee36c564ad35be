/**
 * An id derived from what it identifies, so that making it again gives the same id: a repeat is a duplicate,
 * or the same job. A custom UUID, version 8 (RFC 9562 section 5.8).
 */
import { createHash } from 'node:crypto';

export const derivedId = (...parts: readonly (string | number | null)[]): string => {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
