/** The order of JSON numbers by their exact values, however they are written. */
import { canonicalNumber } from './token.ts';

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a text is a JSON number (RFC 8259, section 6). */
export const isNumberText = (text: string): boolean => number.test(text);

/** Negative if `a` is less than `b`, 0 if they are equal. Both are JSON numbers. */
export const compareNumbers = (a: string, b: string): number => {
  // Rounding to a double keeps the order, but for what becomes equal.
  const difference = Number(a) - Number(b);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  const [one, other] = [canonicalNumber(a), canonicalNumber(b)];
  if (one === other) return 0;
  const sign = one.startsWith('-') ? -1 : 1;
  if ((other.startsWith('-') ? -1 : 1) !== sign) return sign;
  if (one === '0') return -1;
  if (other === '0') return 1;
  const [left, right] = [magnitudeOf(one), magnitudeOf(other)];
  if (left.order !== right.order) return sign * (left.order - right.order);
  return sign * (left.digits < right.digits ? -1 : 1);
};

/** The digits behind `0.` and the power of ten, of a canonical number that is not 0. */
const magnitudeOf = (canonical: string): { digits: string; order: number } => {
  const [digits = '', power = '0'] = canonical.replace(/^-/, '').split('e');
  return { digits, order: digits.length + Number(power) };
};
