import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeJson, maxDepth } from '#client/plain-json.ts';

const much = 1_000_000;
const circular: Record<string, unknown> = {};
circular.self = circular;
const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);

describe('a value that JSON.stringify writes as it is', () => {
  it('is any that JSON has', () => {
    fc.assert(fc.property(fc.jsonValue(), value => judgeJson(value, much) === 'plain'));
    expect(judgeJson({ at: new Date(0), none: undefined }, much)).toBe('plain');
    expect(judgeJson(deep(maxDepth), much)).toBe('plain');
  });

  it.each([
    ['NaN', Number.NaN],
    ['an integer of any size', 1n],
    ['a function', () => 1],
    ['an invalid date', new Date(Number.NaN)],
    ['a map', new Map()],
    ['an object of a class', new (class A {})()],
    ['one that refers to itself', circular],
    ['one that is nested too deep', deep(maxDepth + 1)],
  ])('is not %s', (_, value) => {
    expect(judgeJson({ value }, much)).toBe('other');
  });

  it('may be too large', () => {
    expect(judgeJson({ text: 'x'.repeat(100) }, 50)).toBe('too_large');
  });
});
