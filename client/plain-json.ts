/**
 * Whether `JSON.stringify` writes a value exactly as it is. It does so for plain data, which nearly all
 * events are, and is several times faster than anything else. Other values it leaves out, falsifies or throws
 * at; `write-json.ts` writes those.
 */

/** No plain value is nested deeper; a value that refers back to itself is. */
export const maxDepth = 500;

/** How much the value may still hold. */
let left = 0;

export type JsonVerdict = 'plain' | 'too_large' | 'other';

/**
 * `too_large`: it holds more characters than allowed, although it is plain. May throw what a getter throws.
 */
export const judgeJson = (value: unknown, maxCharacters: number): JsonVerdict => {
  left = maxCharacters;
  if (isPlain(value, 0)) return 'plain';
  return left < 0 ? 'too_large' : 'other';
};

const isPlain = (value: unknown, depth: number): boolean => {
  switch (typeof value) {
    case 'string':
      left -= value.length;
      return left >= 0;
    case 'number':
      // Neither NaN nor infinite.
      return value - value === 0 && --left >= 0;
    case 'boolean':
    case 'undefined':
      return --left >= 0;
    case 'object':
      return value === null || (--left >= 0 && depth < maxDepth && isPlainObject(value, depth + 1));
    default:
      return false;
  }
};

const isPlainObject = (value: object, depth: number): boolean => {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) {
    for (const key in value) {
      left -= key.length;
      if (!isPlain((value as Record<string, unknown>)[key], depth)) return false;
    }
    return true;
  }
  if (prototype === Array.prototype) {
    for (let at = 0; at < (value as unknown[]).length; at++)
      if (!isPlain((value as unknown[])[at], depth)) return false;
    return true;
  }
  return prototype === Date.prototype && !Number.isNaN((value as Date).getTime());
};
