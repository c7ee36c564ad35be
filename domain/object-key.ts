/** What the keys of several kinds of objects are made of. Keys are made from checked parts only. */
import { createHash } from 'node:crypto';
import type { Instant } from './time.ts';

/** An outsider's id as a part of a key: a hash, since ids may hold any character and be of any case. */
export const pathToken = (id: string): string => createHash('sha256').update(id).digest('hex');

/** Hadoop's globs cannot name a file that has a colon. */
export const withoutColons = (instant: Instant): string => instant.replaceAll(':', '');
export const withColons = (text: string): Instant => text.replace(/^(.{13})(..)(.*)$/, '$1:$2:$3');

/** Eight digits, so that keys sort as the events do. */
const eventNumber = (n: number): string => String(n).padStart(8, '0');
/** The n-th event of the aggregate whose events lie below a prefix. */
export const eventKey = (prefix: string, n: number): string => `${prefix}${eventNumber(n)}.json`;

/** Whether a text can be the cursor of a list of admins or schedules: what such a key has after the prefix. */
export const isStateCursor = (text: string): boolean => /^[0-9a-f]{64}(\.json)?$/.test(text);
