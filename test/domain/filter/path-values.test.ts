import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokensAt } from '#domain/filter/path-values.ts';

const at = (text: string, ...paths: string[][]): string[][] => tokensAt(paths)(text).map(found => [...found]);

describe('the values at paths', () => {
  it('are the tokens of the scalars there, as they were sent', () => {
    const text = '{"a":{"b":"x","n":1.50},"b":true,"c":null,"d":{},"e":""}';
    expect(at(text, ['a', 'b'], ['a', 'n'], ['b'], ['c'], ['a'], ['d'], ['e'], ['a', 'b', 'x'])).toEqual([
      ['"x"'],
      ['1.50'],
      ['true'],
      ['null'],
      [],
      [],
      ['""'],
      [],
    ]);
  });

  it('are those of any item of an array, however deep it is', () => {
    const text = '{"jobs":[{"name":"a"},[{"name":"b"},{}],{"name":["c",["d"]]},"e"],"name":"f"}';
    expect(at(text, ['jobs', 'name'], ['jobs'], ['name'])).toEqual([
      ['"a"', '"b"', '"c"', '"d"'],
      ['"e"'],
      ['"f"'],
    ]);
  });

  it('are all of them if a key occurs twice or is escaped', () => {
    expect(at(String.raw`{"a":1,"\u0061":2,"a":{"b":3},"a.b":4}`, ['a'], ['a', 'b'], ['a.b'])).toEqual([
      ['1', '2'],
      ['3'],
      ['4'],
    ]);
  });

  it('take one pass, however deep the text is and however many paths there are', () => {
    const depth = 100_000;
    const paths = Array.from({ length: 100 }, (_, n) => ['a', String(n)]);
    const text = `{"a":${'['.repeat(depth)}{"7":1}${']'.repeat(depth)}}`;
    expect(at(text, ...paths)[7]).toEqual(['1']);
    const nested = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(at(nested, ['a', 'a'])).toEqual([[]]);
  });

  it('are what a parser finds', () => {
    const names = ['a', 'b', 'a.b', '"', ''];
    const json = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(0, 'x', true, null, '', 'a"b'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    const parsedAt = (value: unknown, path: readonly string[]): string[] => {
      if (Array.isArray(value)) return value.flatMap(item => parsedAt(item, path));
      if (typeof value !== 'object' || value === null)
        return path.length === 0 ? [JSON.stringify(value)] : [];
      const [name, ...rest] = path;
      const members = value as Record<string, unknown>;
      return name !== undefined && Object.hasOwn(members, name) ? parsedAt(members[name], rest) : [];
    };
    const path = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(json, fc.array(path, { minLength: 1, maxLength: 4 }), (value, paths) => {
        const expected = paths.map(one => [...new Set(parsedAt(value, one))]);
        expect(at(JSON.stringify(value), ...paths)).toEqual(expected);
      }),
    );
  });
});
