import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIrregular } from '#domain/json/irregular.ts';

describe('an irregular JSON text', () => {
  it.each([
    ['a key twice', '{"a":1,"b":2,"a":1}'],
    ['a key twice, one of them escaped', '{"a":1,"\\u0061":2}'],
    ['an empty key twice', '{"":1,"":1}'],
    ['a key twice, deep inside', '{"x":[[{"y":{"a":[],"b":{},"a":[]}}]]}'],
    ['the first half of a pair', '{"a":"\\ud83e"}'],
    ['the second half of one', '{"a":["\\uDDA9"]}'],
    ['two halves in the wrong order', '{"a":"\\udda9\\ud83e"}'],
    ['half of a pair as a key', '{"\\ud83e":1}'],
    ['half of a pair before an escaped backslash', '{"a":"\\ud83e\\\\udda9"}'],
    ['a number beyond a double', '{"a":1e400}'],
    ['a negative one', '{"a":[-1E+999]}'],
    ['an integer beyond a double', `{"a":${'9'.repeat(400)}}`],
  ])('has %s', (_, text) => {
    expect(isIrregular(text)).toBe(true);
  });

  it.each([
    ['nothing', '{}'],
    ['one key in two objects', '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
    ['a value that is the key before', '{"a":"a","b":"a"}'],
    ['strings of an array twice', '["a","a"]'],
    ['a pair of escapes', '{"a":"\\ud83e\\udda9"}'],
    ['a pair as it stands', '{"a":"🦩"}'],
    ['a backslash before what looks like half', '{"a":"\\\\ud83e"}'],
    ['an integer beyond 2⁵³', '{"a":9007199254740993,"b":12345678901234567890123}'],
    ['more digits than a double has', '{"a":0.1000000000000000055511151231257827}'],
    ['a number near zero', '{"a":1e-400,"b":-0}'],
    ['the greatest double', '{"a":1.7976931348623157e308}'],
    ['escaped quotes, and what stands between them', '{"a":"\\"b\\":1,\\"b\\":2","b":true,"c":null}'],
    ['whitespace', ' { "a" : [ 1 , 2 ] , "b" : "a" } '],
  ])('is not one that has %s', (_, text) => {
    expect(isIrregular(text)).toBe(false);
  });

  it('is no text that JSON.stringify writes of well-formed values, and is any of these with a repeated key', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }), value => {
        const text = JSON.stringify(value);
        expect(isIrregular(text)).toBe(false);
        const [key] = Object.keys(value);
        expect(isIrregular(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`)).toBe(true);
        expect(isIrregular(`[[${text}],{"x":[${text.slice(0, -1)},${JSON.stringify(key)}:0}]}]`)).toBe(true);
      }),
    );
  });

  it('is found however deep it is', () => {
    const deep = (inner: string) => `${'{"a":['.repeat(50_000)}${inner}${']}'.repeat(50_000)}`;
    expect(isIrregular(deep('1'))).toBe(false);
    expect(isIrregular(deep('1e999'))).toBe(true);
  });
});
