/** The common parts of the keys of objects. Keys contain checked parts only. */
import { createHash } from 'node:crypto';
import type { Instant } from './time.ts';

/** An id from outside as part of a key: a hash, since ids may contain any character in any case. */
export const pathToken = (id: string): string => createHash('sha256').update(id).digest('hex');

/** Hadoop's globs cannot match a file name with a colon. */
export const withoutColons = (instant: Instant): string => instant.replaceAll(':', '');
export const withColons = (text: string): Instant => text.replace(/^(.{13})(..)(.*)$/, '$1:$2:$3');

/** Eight digits, so that keys sort like the events. */
const eventNumber = (n: number): string => String(n).padStart(8, '0');
/** The key of the n-th event of the aggregate with this prefix. */
export const eventKey = (prefix: string, n: number): string => `${prefix}${eventNumber(n)}.json`;

/**
 * Whether a text can be the cursor of a list of admins or schedules: the part of such a key after the prefix.
 */
export const isStateCursor = (text: string): boolean => /^[0-9a-f]{64}(\.json)?$/.test(text);
