/**
 * The form of an id in a column beside the JSON texts: unchanged if it is a name, otherwise `sha256:` and the
 * hex of the SHA-256 of its UTF-8 (halves of surrogate pairs as WTF-8). Ids are what people type and files
 * are called, so an event is not refused for one; the JSON keeps it. A value that is compared with such a
 * column must be mapped in the same way.
 */
import { hash } from 'node:crypto';
import { encodeWtf8 } from '#domain/json/utf8.ts';
import { isName } from './name.ts';

export const idColumn = (id: string): string =>
  isName(id) ? id : `sha256:${hash('sha256', encodeWtf8(id))}`;
