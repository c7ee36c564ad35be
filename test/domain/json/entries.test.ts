import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsOf, membersOf } from '#domain/json/entries.ts';

describe('the entries of compacted JSON', () => {
  it('are the members of an object, in their order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
        const expected = Object.entries(value).map(([key, inner]) => ({
          key: JSON.stringify(key),
          value: JSON.stringify(inner),
        }));
        expect([...membersOf(JSON.stringify(value))]).toEqual(expected);
      }),
    );
  });

  it('are the items of an array', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), value => {
        expect([...itemsOf(JSON.stringify(value))]).toEqual(value.map(item => JSON.stringify(item)));
      }),
    );
  });

  it('are both of two members of one key, each as it was sent', () => {
    expect([...membersOf('{"a":1.0,"a":[{"b":"}"}],"\\u0061":""}')]).toEqual([
      { key: '"a"', value: '1.0' },
      { key: '"a"', value: '[{"b":"}"}]' },
      { key: '"\\u0061"', value: '""' },
    ]);
  });
});
