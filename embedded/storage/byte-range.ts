/** The `Range` of a GetObject. https://www.rfc-editor.org/rfc/rfc9110#name-range */
import { exception } from './s3-errors.ts';

/** The first and the last byte, both included. */
export type ByteRange = { first: number; last: number };

/**
 * The part of an object of `bytes` that a range names; undefined for the whole object, which S3 answers to a
 * range that it cannot read too. Throws `InvalidRange` (416) if the object has no such byte.
 */
export const byteRange = (range: string | undefined, bytes: number): ByteRange | undefined => {
  const [, from, to] = /^bytes=(\d{1,15})?-(\d{1,15})?$/.exec(range ?? '') ?? [];
  if (from === undefined && to === undefined) return undefined;
  const first = from === undefined ? Math.max(0, bytes - Number(to)) : Number(from);
  const last = from === undefined || to === undefined ? bytes - 1 : Math.min(Number(to), bytes - 1);
  // A range that ends before it begins is not valid, and is ignored.
  if (from !== undefined && to !== undefined && Number(to) < first) return undefined;
  if (first >= bytes) throw exception(416, 'InvalidRange', 'The requested range is not satisfiable');
  return { first, last };
};

export const contentRange = ({ first, last }: ByteRange, bytes: number): string =>
  `bytes ${first}-${last}/${bytes}`;
