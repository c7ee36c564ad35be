/** The tokens of JSON (RFC 8259): their kinds, the characters of strings, numbers by their value. */

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** The kind of the value that a token, or the first character of a value, belongs to. */
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

/**
 * A number token by its exact decimal value: an integer as its digits, anything else as digits without
 * trailing zeros, `e`, and the exponent. Equal values give equal texts, whatever their precision.
 */
export const canonicalNumber = (token: string): string => {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    token,
  )!;
  const significant = (whole + fraction).replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(significant.length - digits.length);
  // 308 is the greatest power of ten in a double: past it only numbers that were refused remain.
  if (power >= 0n && power <= 308n) return `${sign}${digits}${'0'.repeat(Number(power))}`;
  return `${sign}${digits}e${power}`;
};
