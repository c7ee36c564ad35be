/**
 * An id as a segment of a URL's path: unchanged if it is plain, otherwise `~` and the base64url of its UTF-8,
 * since API Gateway decodes paths before a handler sees them. Nothing is percent-decoded; the CLI and the
 * handlers share this.
 */
import { maxNameCharacters } from '#domain/event/name.ts';

/**
 * Enough for the longest id, at four bytes of UTF-8 per character, and for a key of S3, which has 1,024
 * bytes.
 */
export const maxPathIdCharacters = 1 + Math.ceil((maxNameCharacters * 4 * 4) / 3);

const plain = /^[A-Za-z0-9._-]+$/;

export const encodePathId = (id: string): string =>
  plain.test(id) && id !== '.' && id !== '..' ? id : `~${Buffer.from(id).toString('base64url')}`;

/** Undefined if the segment is not a valid form of an id. */
export const decodePathId = (segment: string): string | undefined => {
  if (segment.length > maxPathIdCharacters) return undefined;
  if (!segment.startsWith('~')) return plain.test(segment) ? segment : undefined;
  const id = Buffer.from(segment.slice(1), 'base64url').toString();
  return encodePathId(id) === segment ? id : undefined;
};
