import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNumbers, isNumberText } from '#domain/json/number-order.ts';

describe('the order of numbers', () => {
  it.each([
    ['1', '1.0'],
    ['-0', '0'],
    ['12e1', '120'],
    ['1e-400', '0.1e-399'],
    ['0e5', '0'],
  ])('has %s and %s as equal', (a, b) => {
    expect(compareNumbers(a, b)).toBe(0);
  });

  it.each([
    ['9', '10'],
    ['-10', '-9'],
    ['9007199254740992', '9007199254740993'],
    ['-9007199254740993', '-9007199254740992'],
    ['1e-500', '1e-400'],
    ['-1e-400', '1e-400'],
    ['0', '1e-400'],
    ['-1e-400', '0'],
    ['1e999', '2e999'],
    ['0.1', '0.10000000000000000001'],
  ])('has %s before %s', (a, b) => {
    expect(compareNumbers(a, b)).toBeLessThan(0);
    expect(compareNumbers(b, a)).toBeGreaterThan(0);
  });

  it('is that of integers of any size', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(Math.sign(compareNumbers(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('is one of JSON numbers', () => {
    expect(['1', '-1.5e+3', '0'].every(isNumberText)).toBe(true);
    expect(['', '01', '+1', '.5', '1.', 'NaN', '0x1', ' 1'].some(isNumberText)).toBe(false);
  });
});
