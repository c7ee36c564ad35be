/**
 * An id as a segment of a URL's path, as `encodePathId` of the domain writes it, which needs Node: unchanged if it
 * is plain, otherwise `~` and the base64url of its UTF-8.
 */
const plain = /^[A-Za-z0-9._-]+$/;

export const pathId = (id: string): string => {
  if (plain.test(id) && id !== '.' && id !== '..') return id;
  const bytes = String.fromCharCode(...new TextEncoder().encode(id));
  return `~${btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
};
