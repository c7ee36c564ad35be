/**
 * The order of rows in a segment: scope, time, id, time of filing, hash of the content. Strings compare as their UTF-8
 * bytes do, as Parquet's statistics, Trino and DuckDB compare them; JavaScript's `<` puts characters above U+FFFF
 * before some below. A row without a scope stands last.
 */
import type { Instant } from '#domain/time.ts';

/** A scope's id, or undefined, and `occurred_at`. */
export type RowKey = readonly [scopeId: string | undefined, occurredAt: Instant];

/** Compares two well-formed strings as their UTF-8 bytes compare: by code point. */
export const compareUtf8 = (a: string, b: string): number => {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  const left = a.charCodeAt(at);
  const right = b.charCodeAt(at);
  // A half of a surrogate pair belongs to a code point above all others.
  return (isSurrogate(left) ? left + 0x10000 : left) - (isSurrogate(right) ? right + 0x10000 : right);
};

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** The same, with absent ones last. */
export const compareAbsentLast = (a: string | undefined, b: string | undefined): number => {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  return compareUtf8(a, b);
};

export const compareKeys = (a: RowKey, b: RowKey): number =>
  compareAbsentLast(a[0], b[0]) || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

/** What a segment is sorted by. */
export type OrderedRow = {
  scope_id: string | undefined;
  occurred_at: Instant;
  id: string;
  filed_at: Instant;
  content_sha256: string;
};

const compareAscii = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const compareRows = (a: OrderedRow, b: OrderedRow): number =>
  compareAbsentLast(a.scope_id, b.scope_id) ||
  compareAscii(a.occurred_at, b.occurred_at) ||
  compareAscii(a.id, b.id) ||
  compareAscii(a.filed_at, b.filed_at) ||
  compareAscii(a.content_sha256, b.content_sha256);
