import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxTerms, parseTerm, parseTerms, printTerm, type Term } from '#domain/filter/term.ts';

const value = (text: string, isNegated = false): Term => ({ isNegated, kind: 'value', value: text });
const prefix = (text: string, isNegated = false): Term => ({ isNegated, kind: 'prefix', value: text });
const range = (from?: string, to?: string): Term => ({ isNegated: false, kind: 'range', from, to });

describe('the terms of a filter', () => {
  it.each([
    ['u-1', [value('u-1')]],
    ['u-1, u-2 ,u 3', [value('u-1'), value('u-2'), value('u 3')]],
    ['-user.*,user.login', [prefix('user.', true), value('user.login')]],
    ['*', [prefix('')]],
    ['-*', [prefix('', true)]],
    ['"a, b","-x","say \\"hi\\" \\\\"', [value('a, b'), value('-x'), value('say "hi" \\')]],
    ['"a*"', [value('a*')]],
    ['"a,"*', [prefix('a,')]],
    ['a..b,c..,..d', [range('a', 'b'), range('c'), range(undefined, 'd')]],
    ['"a.."..",b"', [range('a..', ',b')]],
    ['..', [value('..')]],
    ['o"neil', [value('o"neil')]],
  ])('%s are read', (text, terms) => {
    expect(parseTerms(text)).toEqual(terms);
  });

  it.each([
    ['', 'Expected a value', 0],
    ['a,', 'Expected a value', 2],
    ['-', 'Expected a value', 1],
    ['"a', 'Expected the quote to be closed', 0],
    ['"a\\n"', 'Expected the quote to be closed', 0],
    ['"a"b', 'Expected a comma', 3],
    ['"a".."b', 'Expected the quote', 5],
  ])('%j are refused at their place', (text, fault, at) => {
    expect(parseTerms(text)).toEqual({ fault: expect.stringContaining(fault), at });
  });

  it('are bounded', () => {
    expect(parseTerms(Array(maxTerms).fill('a').join())).toHaveLength(maxTerms);
    expect(parseTerms(Array(10_000).fill('a').join())).toMatchObject({
      fault: `Expected at most ${maxTerms} values`,
    });
  });

  it('are printed so that they are read back', () => {
    const text = fc.string({ unit: 'grapheme' });
    const term: fc.Arbitrary<Term> = fc
      .tuple(
        fc.boolean(),
        fc.constantFrom('value', 'prefix', 'range'),
        text,
        fc.option(text, { nil: undefined }),
      )
      .map(([isNegated, kind, a, b]) =>
        kind === 'range'
          ? { isNegated, kind, from: b === undefined ? undefined : a, to: b ?? a }
          : { isNegated, kind, value: a },
      ) as fc.Arbitrary<Term>;
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), terms => {
        expect(parseTerms(terms.map(printTerm).join(','))).toEqual(terms);
        expect(parseTerm(printTerm(terms[0]!))).toEqual(terms[0]);
      }),
    );
  });

  it.each([
    ['branch:main', [{ ...value('main'), path: ['branch'] }]],
    [
      '-a.b:x*, "a.b":"x, y"',
      [
        { ...prefix('x', true), path: ['a', 'b'] },
        { ...value('x, y'), path: ['a.b'] },
      ],
    ],
    ['n:-1..5', [{ ...range('1', '5'), path: ['n'], isNegated: true }]],
  ])('with paths %s are read and printed', (text, terms) => {
    expect(parseTerms(text, true)).toEqual(terms);
    expect(parseTerms((terms as Term[]).map(printTerm).join(','), true)).toEqual(terms);
  });

  it.each([
    ['main', 'Expected a colon', 4],
    ['branch:', 'Expected a value', 7],
    [':main', 'Expected a path', 0],
    ['a:b,c:', 'Expected a value', 6],
    ['-a:-b', 'Expected one "-"', 3],
    ['a."b:c', 'Expected a path', 2],
  ])('with paths %s are refused at their place', (text, fault, at) => {
    expect(parseTerms(text, true)).toEqual({ fault: expect.stringContaining(fault), at });
  });

  it('that come one by one need no quotes for their commas', () => {
    expect(parseTerm('a, b')).toEqual(value('a, b'));
    expect(parseTerm('-a\n*')).toEqual(prefix('a\n', true));
    expect(parseTerm('"a"b')).toMatchObject({ at: 3 });
    expect(parseTerm('')).toMatchObject({ fault: 'Expected a value' });
  });
});
