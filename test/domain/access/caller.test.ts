import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Authorizer, type Caller, type CallerRules, callerOf, mayRead } from '#domain/access/caller.ts';
import { decodePathId, encodePathId } from '#domain/http/path-id.ts';

const rules: CallerRules = {
  supportRoles: ['arn:aws:iam::123456789012:role/staff/support'],
  operatorRoles: ['arn:aws:iam::123456789012:role/operator'],
  scopeClaim: 'org',
};
const sts = (role: string) => `arn:aws:sts::123456789012:assumed-role/${role}/session`;
const token = (claims: Record<string, unknown>): Authorizer => ({ jwt: { claims } });

describe('a caller', () => {
  it.each<[string, Authorizer, Caller | undefined]>([
    [
      'a role mapped to the operator',
      { iam: { userArn: sts('operator') } },
      {
        role: 'operator',
        principal: rules.operatorRoles[0]!,
        person: { name: 'session', asserted: true },
      },
    ],
    [
      'a role mapped to support, whatever its path',
      { iam: { userArn: sts('support') } },
      {
        role: 'support',
        principal: 'arn:aws:iam::123456789012:role/support',
        person: { name: 'session', asserted: true },
      },
    ],
    ['a role that is not mapped', { iam: { userArn: sts('emitter') } }, undefined],
    [
      'a role of another account',
      { iam: { userArn: 'arn:aws:sts::999999999999:assumed-role/operator/s' } },
      undefined,
    ],
    ['a user of IAM', { iam: { userArn: 'arn:aws:iam::123456789012:user/operator' } }, undefined],
    ['nobody', null, undefined],
    [
      'a token of a scope',
      token({ sub: 'u-7', org: 'acme' }),
      { role: 'admin', principal: 'u-7', scopeId: 'acme' },
    ],
    ['a token without a scope', token({ sub: 'u-7' }), undefined],
    ['a token with several scopes', token({ sub: 'u-7', org: ['acme'] }), undefined],
    ['a token without a subject', token({ org: 'acme' }), undefined],
    ['a token with an empty subject', token({ sub: '', org: 'acme' }), undefined],
    ['a token whose claims name a role', token({ sub: 'u-7', role: 'operator' }), undefined],
  ])('%s', (_, authorizer, expected) => {
    expect(callerOf(authorizer, rules)).toEqual(expected);
  });

  it('is not an admin if customers have no gateway', () => {
    expect(callerOf(token({ sub: 'u', org: 'acme' }), { ...rules, scopeClaim: undefined })).toBeUndefined();
  });

  it.each<[Caller, string | undefined, boolean]>([
    [{ role: 'operator', principal: 'p' }, undefined, true],
    [{ role: 'operator', principal: 'p' }, 'acme', true],
    [{ role: 'support', principal: 'p' }, 'acme', true],
    [{ role: 'support', principal: 'p' }, undefined, false],
    [{ role: 'support', principal: 'p', openScope: { scopeId: 'acme', reason: 'r' } }, 'acme', true],
    [{ role: 'support', principal: 'p', openScope: { scopeId: 'acme', reason: 'r' } }, 'other', false],
    [{ role: 'support', principal: 'p', openScope: { scopeId: 'acme', reason: 'r' } }, undefined, false],
    [{ role: 'operator', principal: 'p', openScope: { scopeId: 'acme', reason: 'r' } }, 'other', false],
    [{ role: 'operator', principal: 'p', openScope: { scopeId: 'acme', reason: 'r' } }, undefined, true],
    [{ role: 'admin', principal: 'u', scopeId: 'acme' }, 'acme', true],
    [{ role: 'admin', principal: 'u', scopeId: 'acme' }, 'other', false],
    [{ role: 'admin', principal: 'u', scopeId: 'acme' }, undefined, false],
  ])('%o may read %s: %s', (caller, scopeId, expected) => {
    expect(mayRead(caller, scopeId)).toBe(expected);
  });
});

describe('an id in a path', () => {
  it('comes back as it was, and needs no percent-encoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), id => {
        const segment = encodePathId(id);
        expect(segment).toMatch(/^[~A-Za-z0-9._-]+$/);
        expect(decodePathId(segment)).toBe(id);
      }),
    );
  });

  it.each(['acme', 'a.b_c-9'])('is unchanged if it is plain: %s', id => {
    expect(encodePathId(id)).toBe(id);
  });

  it.each(['..', '.', 'a/b', '~', 'ü'])('is never a step in a path: %s', id => {
    expect(encodePathId(id)).toMatch(/^~/);
  });

  it.each(['a/b', '~YWNtZQ', '~%', '', 'a%20b'])('is refused in a form that is not its own: %s', segment => {
    expect(decodePathId(segment)).toBeUndefined();
  });
});
