import { describe, expect, it } from 'vitest';
import type { Term } from '#domain/filter/term.ts';
import { holds, split } from '#domain/filter/term-holds.ts';

const term = (rest: object): Term => ({ isNegated: false, ...rest }) as Term;

describe('a term', () => {
  it.each([
    [{ kind: 'value', value: 'a' }, 'a', true],
    [{ kind: 'value', value: 'a' }, 'A', false],
    [{ kind: 'prefix', value: 'a' }, 'ab', true],
    [{ kind: 'prefix', value: '' }, '', true],
    [{ kind: 'range', from: 'a', to: 'b' }, 'b', true],
    [{ kind: 'range', from: 'a', to: undefined }, 'A', false],
    // In the order of UTF-8, in which a character beyond U+FFFF comes after U+FFEE.
    [{ kind: 'range', from: '\uffee', to: undefined }, '😀', true],
  ])('%o holds for %j: %s', (given, value, expected) => {
    expect(holds(term(given), value)).toBe(expected);
  });

  it('is wanted or excluded by its sign', () => {
    const wanted = term({ kind: 'value', value: 'a' });
    const excluded = { ...wanted, isNegated: true };
    expect(split([excluded, wanted])).toEqual({ wanted: [wanted], excluded: [excluded] });
  });
});
