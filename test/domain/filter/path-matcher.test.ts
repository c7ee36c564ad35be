import { describe, expect, it } from 'vitest';
import type { PathField } from '#domain/filter/path.ts';
import { pathMatcherOf } from '#domain/filter/path-matcher.ts';
import { parseTerms } from '#domain/filter/term.ts';

const isMatch = (text: string, json: string, field: PathField = 'payload'): boolean => {
  const terms = parseTerms(text, true);
  if ('fault' in terms) throw new Error(terms.fault);
  return pathMatcherOf(field, terms)(json);
};
const payload = [
  '{"branch":"main","tags":["a","b"],"run":{"n":12,"ok":true}',
  String.raw`"s":"\u0061\"b","none":null,"o":{}}`,
].join();

describe('terms with paths', () => {
  it.each([
    ['branch:main', true],
    ['branch:Main', false],
    ['branch:ma*', true],
    ['branch:a..n', true],
    ['-branch:main', false],
    ['branch:-main', false],
    ['-branch:dev', true],
    ['branch:dev,branch:main', true],
    ['branch:m*,-branch:main', false],
    // Of different paths, each must hold.
    ['branch:main,run.n:12', true],
    ['branch:main,run.n:13', false],
    ['tags:b', true],
    ['-tags:b', false],
    ['tags:c', false],
    ['run.ok:true', true],
    ['none:null', true],
    ['s:"a\\"b"', true],
    // Nothing is there: a negated one holds, the others never do.
    ['missing:*', false],
    ['-missing:*', true],
    ['o:*', false],
    ['run:*', false],
    ['branch.x:*', false],
  ])('%s hold: %s', (text, expected) => {
    expect(isMatch(text, payload)).toBe(expected);
  });

  it.each([
    ['n:12', '12', true],
    ['n:12.0', '12', true],
    ['n:12', '1.2e1', true],
    ['n:9007199254740993', '9007199254740992', false],
    ['n:10..20', '9', false],
    ['n:10..20', '12', true],
    ['n:10..', '1e2', true],
    ['n:..-1', '-2', true],
    ['n:"-2"', '-2', true],
    ['n:1*', '12', true],
    // In the order of texts, since a is not a number.
    ['n:1..a', '9', true],
    ['n:10..20', '"9"', false],
    ['n:10..20', '"12"', true],
  ])('%s compare the number %s by what it is: %s', (text, value, expected) => {
    expect(isMatch(text, `{"n":${value}}`)).toBe(expected);
  });

  it('of metadata take the dots of a path as those of a name', () => {
    const metadata = '{"request.id":"r-1","plain":"x"}';
    expect(isMatch('request.id:r-1', metadata, 'metadata')).toBe(true);
    expect(isMatch('"request.id":r-1', metadata, 'metadata')).toBe(true);
    expect(isMatch('request.id:r-2,"request.id":r-1', metadata, 'metadata')).toBe(true);
    expect(isMatch('request.id:r-1', metadata)).toBe(false);
  });
});
