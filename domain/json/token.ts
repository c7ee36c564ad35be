/** The tokens of JSON (RFC 8259): their kinds, the characters of strings, the values of numbers. */

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** The kind of a value, given its token or its first character. */
export const kindOf = (token: string): JsonKind => {
  switch (token.charCodeAt(0)) {
    case 0x7b:
      return 'object';
    case 0x5b:
      return 'array';
    case 0x22:
      return 'string';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
};

/** The characters that a JSON string token stands for. */
export const unquote = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);

const zero = 0x30;

/**
 * A number token by its exact decimal value: an integer as its digits, anything else as digits without
 * trailing zeros, `e`, and the exponent. Equal values give equal texts, whatever their precision. Each step
 * reads each digit once, since a token can be as long as a request.
 */
export const canonicalNumber = (token: string): string => {
  const sign = token.startsWith('-') ? '-' : '';
  const exponentAt = token.search(/[eE]/);
  const mantissa = token.slice(sign.length, exponentAt < 0 ? undefined : exponentAt);
  const point = mantissa.indexOf('.');
  const fractionDigits = point < 0 ? 0 : mantissa.length - point - 1;
  const digits = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1);
  let first = 0;
  while (digits.charCodeAt(first) === zero) first++;
  if (first === digits.length) return '0';
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === zero) end--;
  const exponent = exponentAt < 0 ? '0' : token.slice(exponentAt + 1);
  const power = sum(exponent, digits.length - end - fractionDigits);
  const significant = digits.slice(first, end);
  // 308 is the greatest power of ten in a double; numbers beyond it have been refused.
  const zeros = power.length <= 3 && !power.startsWith('-') ? Number(power) : Number.NaN;
  return zeros <= 308 ? `${sign}${significant}${'0'.repeat(zeros)}` : `${sign}${significant}e${power}`;
};

/** An integer of this many digits plus a small one is exact in a double. */
const exactDigits = 15;
const exactBound = 10 ** exactDigits;

/**
 * Adds an integer of at most eight digits to an integer given as text, with or without a sign. `BigInt` is
 * not linear in the length of its text.
 */
const sum = (text: string, by: number): string => {
  const digits = text.replace(/^[+-]?0*/, '');
  const isNegative = text.startsWith('-');
  if (digits.length <= exactDigits) return String((isNegative ? -1 : 1) * Number(digits) + by);
  // The number added is smaller, so the sign stays and only the magnitude changes.
  let low = Number(digits.slice(-exactDigits)) + (isNegative ? -by : by);
  let high = digits.slice(0, -exactDigits);
  if (low < 0) {
    low += exactBound;
    high = carried(high, '0', '9', -1);
  } else if (low >= exactBound) {
    low -= exactBound;
    high = carried(high, '9', '0', 1);
  }
  const magnitude = `${high}${String(low).padStart(exactDigits, '0')}`.replace(/^0+/, '');
  return `${isNegative ? '-' : ''}${magnitude}`;
};

/**
 * Digits plus or minus one: the last digit that is not `full` changes by it, and each `full` after it becomes
 * `empty`.
 */
const carried = (digits: string, full: string, empty: string, by: 1 | -1): string => {
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === full) at--;
  const changed = at < 0 ? String(by) : digits.slice(0, at) + String(Number(digits[at]) + by);
  return changed + empty.repeat(digits.length - 1 - at);
};

/** Whether a number token stands for an integer, however it is written; exact, unlike a double. */
export const isInteger = (token: string): boolean =>
  /^-?\d+$/.test(token) || !canonicalNumber(token).includes('e-');

/**
 * The members of a JSON object: parallel arrays of keys and tokens (for containers only the first character).
 */
export type JsonMembers = { readonly keys: readonly string[]; readonly tokens: readonly string[] };
