import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, changesOf, maxChanges } from '#web/event/changes.ts';

describe('what changed', () => {
  it('is said by path, in the order of the members', () => {
    expect(
      changesBetween({ a: 1, b: { 'x/y': 1 }, c: [1] }, { a: 1, b: { 'x/y': 2, z: null }, d: true }),
    ).toEqual([
      { path: '/b/x~1y', before: '1', after: '2' },
      { path: '/b/z', before: undefined, after: 'null' },
      { path: '/c', before: '[1]', after: undefined },
      { path: '/d', before: undefined, after: 'true' },
    ]);
    expect(changesBetween(1, {})).toEqual([{ path: '', before: '1', after: '{}' }]);
    expect(changesBetween(JSON.parse('{"__proto__":1}'), {})).toEqual([
      { path: '/__proto__', before: '1', after: undefined },
    ]);
  });

  it('is nothing between equal values, and something between others', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const copy: unknown = JSON.parse(JSON.stringify(value));
        expect(changesBetween(JSON.parse(JSON.stringify(value)), copy)).toEqual([]);
        expect(changesBetween({ value: copy }, {})).toHaveLength(1);
      }),
    );
  });

  it('of a payload are its members before and after; there is a bound', () => {
    expect(changesOf({ before: { a: 1 }, after: { a: 2 } })).toHaveLength(1);
    for (const payload of [null, 'x', [], { before: 1 }]) expect(changesOf(payload)).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 2 * maxChanges }, (_, n) => [`k${n}`, n]));
    expect(changesBetween(many, {})).toHaveLength(maxChanges);
  });
});
