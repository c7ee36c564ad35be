/**
 * How an id stands in a column beside the JSON texts: as it is if it is a name, else as `sha256:` and the hex
 * of the SHA-256 of its UTF-8 (halves of surrogate pairs as WTF-8). Ids are what people type and files are
 * called, so an event is not refused for one; the JSON keeps it. Whatever compares with such a column maps
 * what it compares in the same way.
 */
import { hash } from 'node:crypto';
import { encodeWtf8 } from '#domain/json/utf8.ts';
import { isName } from './name.ts';

export const idColumn = (id: string): string =>
  isName(id) ? id : `sha256:${hash('sha256', encodeWtf8(id))}`;
