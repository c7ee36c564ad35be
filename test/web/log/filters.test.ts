import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { query as anyQuery } from '#test/support/queries.ts';
import { notThis, onlyThis, withoutFilter, withoutText } from '#web/log/filters.ts';
import { parseQuery, printQuery } from '#web/query.ts';

describe('a change of the query', () => {
  it('to only this value drops what else was asked of the field', () => {
    expect(onlyThis('actor:(a OR b) -actor:c target:t x', 'actor', 'd e')).toBe('target:t actor:"d e" x');
  });

  it('to not this value keeps what else is excluded, each once', () => {
    expect(notThis('actor:a', 'actor', 'b')).toBe('actor:a -actor:b');
    expect(notThis('-actor:b', 'actor', 'c')).toBe('-actor:(b OR c)');
    expect(notThis('-actor:b', 'actor', 'b')).toBe('-actor:b');
  });

  it('drops one filter, or the text', () => {
    const { query } = parseQuery('actor:a -actor:b x y');
    expect(withoutFilter(printQuery(query), query.filters[1]!)).toBe('actor:a x y');
    expect(withoutText('actor:a x y')).toBe('actor:a');
  });

  it('by any value leaves a query without fault', () => {
    fc.assert(
      fc.property(anyQuery, fc.string({ unit: 'grapheme', minLength: 1 }), (query, value) => {
        for (const change of [onlyThis, notThis])
          expect(parseQuery(change(printQuery(query), 'actor', value)).faults).toEqual([]);
      }),
    );
  });
});
