import { describe, expect, it } from 'vitest';
import type { FilterField } from '#domain/filter/filter.ts';
import { faultOfTerms, listMember, readTerms, textMember, valueTerm } from '#domain/filter/terms-shape.ts';

const faultOf = (field: FilterField, ...texts: string[]): string | undefined => {
  const terms = readTerms(field, texts);
  return 'fault' in terms ? terms.fault : faultOfTerms(field, terms);
};

describe('the terms of a request', () => {
  it('are the same as one text, and one in each', () => {
    const parsed = (given: unknown) => listMember('actor').parse(given);
    expect(parsed('u-1,-u-2,"a, b"')).toEqual(parsed(['u-1', '-u-2', 'a, b']));
    expect(listMember('payload').parse('a.b:x, y:z')).toEqual(listMember('payload').parse(['a.b:x', 'y:z']));
    expect(listMember('success').parse(true)).toEqual([valueTerm('true')]);
  });

  it.each([
    ['success', 'yes', /true or false/],
    ['success', 'tru*', /true or false/],
    ['action', 'User Login', /an action/],
    ['id', '17', /a UUID/],
    ['address', 'localhost', /an IPv4/],
    ['actor', '\ud800', /whole characters/],
    ['actor', '\ud800..', /whole characters/],
    ['actor', '"open', /closed/],
    ['payload', 'main', /a colon/],
    ['payload', '"\ud800":x', /whole characters/],
    ['metadata', `${'a'.repeat(600)}:x`, /at most 16 steps and 512 characters/],
  ] as const)('of %s are refused: %s', (field, text, fault) => {
    expect(faultOf(field, text)).toMatch(fault);
  });

  it.each([
    ['success', '-false'],
    ['action', 'user.*'],
    ['action', 'a..b'],
    ['id', '0191f3a0*'],
    ['address', '192.0.2.*'],
    ['address', '2001:DB8::1'],
    ['payload', '-pull_request."head ref":a..b'],
    ['metadata', 'request.id:*'],
  ] as const)('of %s can be %s', (field, text) => {
    expect(faultOf(field, text)).toBeUndefined();
  });

  it('say where a list has its fault', () => {
    expect(listMember('actor').safeParse('u-1,"open').error?.issues[0]?.message).toMatch(/, at character 5$/);
  });
});

describe('the text of a request', () => {
  it.each(['', 'x'.repeat(1025), '\udfff', 7])('is not %j', text => {
    expect(textMember.safeParse(text).success).toBe(false);
  });
});
