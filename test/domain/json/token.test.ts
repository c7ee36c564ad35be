import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalNumber, kindOf, unquote } from '#domain/json/token.ts';

describe('a token', () => {
  it('distinguishes numbers that a double cannot', () => {
    expect(canonicalNumber('12345678901234567890123')).not.toBe(canonicalNumber('12345678901234567890124'));
    expect(canonicalNumber('0.1000000000000000055')).not.toBe(canonicalNumber('0.1'));
  });

  it('gives a number the form that exact arithmetic gives it, at each length of its exponent', () => {
    const digits = (max: number) =>
      fc.string({ unit: fc.constantFrom('0', '1', '9'), minLength: 1, maxLength: max });
    const part = fc.tuple(digits(4), fc.option(digits(6)), fc.constantFrom('', '-', '+'), digits(40));
    fc.assert(
      fc.property(fc.constantFrom('', '-'), part, (sign, [whole, fraction, exponentSign, exponent]) => {
        const integer = whole.replace(/^0+(?=.)/, '');
        const token = `${sign}${integer}${fraction === null ? '' : `.${fraction}`}e${exponentSign}${exponent}`;
        const significant = (integer + (fraction ?? '')).replace(/^0+/, '');
        const short = significant.replace(/0+$/, '');
        const power = BigInt(`${exponentSign === '-' ? '-' : ''}${exponent}`);
        const moved = power - BigInt(fraction?.length ?? 0) + BigInt(significant.length - short.length);
        const isPlain = moved >= 0n && moved <= 308n;
        const expected = isPlain ? short + '0'.repeat(Number(moved)) : `${short}e${moved}`;
        expect(canonicalNumber(token)).toBe(short === '' ? '0' : sign + expected);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['zeros between two digits', `1.${'0'.repeat(4_000_000)}1`],
    ['an exponent', `1e-${'9'.repeat(4_000_000)}`],
    ['an exponent that is carried', `100e-${'1'.padEnd(4_000_000, '0')}`],
    ['digits', '7'.repeat(4_000_000)],
    ['zeros at the end', `1${'0'.repeat(4_000_000)}`],
  ])('takes a number with as many %s as a request holds in steps that grow with them alone', (_, token) => {
    expect(canonicalNumber(token).length).toBeLessThan(token.length + 16);
  });

  it('names the kind and the characters of a token', () => {
    expect(['{', '[', '"a"', 'true', 'false', 'null', '-1'].map(kindOf)).toEqual([
      'object',
      'array',
      'string',
      'boolean',
      'boolean',
      'null',
      'number',
    ]);
    fc.assert(fc.property(fc.string(), text => void expect(unquote(JSON.stringify(text))).toBe(text)));
  });
});
