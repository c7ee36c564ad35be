import { describe, expect, it } from 'vitest';
import { parseQuery, parseTarget } from '#domain/http/request-target.ts';

describe('the target of a request', () => {
  it.each([
    ['/v1/exports', ['v1', 'exports'], ''],
    ['/', [''], ''],
    ['/a//b/', ['a', '', 'b', ''], ''],
    ['/a%2Fb/%C3%A9?x=%2F?y', ['a/b', 'é'], 'x=%2F?y'],
    ['http://host/a?b', ['a'], 'b'],
    ['HTTPS://host:1', [''], ''],
  ])('of %s is its segments, decoded, and its query unchanged', (target, segments, query) => {
    expect(parseTarget(target)).toEqual({ segments, query });
  });

  it.each(['', '*', 'a', 'example.com:443', '/%', '/%zz', '/%c3%28', '/é', '/a b', '/a#b', 'http://host?a'])(
    'is invalid as "%s"',
    target => {
      expect(parseTarget(target)).toBeUndefined();
    },
  );
});

describe('a query', () => {
  it('has each parameter once, by its decoded name', () => {
    expect(parseQuery('')).toEqual({ parameters: {} });
    expect(parseQuery('a=1&&b=x%3Dy=z&c+d&e=')).toEqual({
      parameters: { a: '1', b: 'x=y=z', 'c d': '', e: '' },
    });
    expect(Object.keys((parseQuery('__proto__=1') as { parameters: object }).parameters)).toEqual([
      '__proto__',
    ]);
  });

  it.each([
    ['a=1&a=1', 'repeated_parameter'],
    ['a&%61=2', 'repeated_parameter'],
    ['a=%', 'invalid_url'],
    ['%ff=1', 'invalid_url'],
    ['a=%ed%a0%80', 'invalid_url'],
  ])('is refused if it is %s', (query, code) => {
    expect(parseQuery(query)).toMatchObject({ code });
  });
});
