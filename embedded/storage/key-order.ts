/** The order of S3 keys: that of their UTF-8 bytes. */

/** Only from here on UTF-16 units sort differently from UTF-8. */
const high = /[\ud800-\uffff]/;

export const compareKeys = (a: string, b: string): number => {
  if (high.test(a) || high.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
};

/**
 * Sorts in place. A folder may hold many names, and sorting plain strings takes a tenth of the time of a
 * comparison function.
 */
export const sortKeys = (names: string[]): string[] =>
  names.some(name => high.test(name)) ? names.sort(compareKeys) : names.sort();
