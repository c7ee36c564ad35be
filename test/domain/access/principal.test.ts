import { describe, expect, it } from 'vitest';
import { isOneOf, principalOfArn, printActor } from '#domain/access/principal.ts';

describe('a principal', () => {
  it('is the role, without the name that its session chose', () => {
    expect(principalOfArn('arn:aws:sts::123456789012:assumed-role/support/chosen')).toBe(
      'arn:aws:iam::123456789012:role/support',
    );
    expect(principalOfArn('arn:aws:iam::123456789012:user/chosen')).toBe(
      'arn:aws:iam::123456789012:user/chosen',
    );
  });
  it('is compared with a role whatever its path', () => {
    expect(isOneOf('arn:aws:iam::1:role/support', ['arn:aws:iam::1:role/teams/eu/support'])).toBe(true);
    expect(
      isOneOf('arn:aws:iam::1:role/support', [
        'arn:aws:iam::2:role/support',
        'arn:aws:iam::1:role/not-support',
      ]),
    ).toBe(false);
  });
});

describe('who acted, for an operator to read', () => {
  it.each([
    ['arn:aws:iam::000000000000:role/annals-operator', 'operator'],
    ['arn:aws:iam::000000000000:role/annals-emitter/k-3f2a9c0d1e4b5a67', 'emitter/k-3f2a9c0d1e4b5a67'],
    ['arn:aws:iam::000000000000:role/annals-operator/k-3f2a9c0d1e4b5a67 (Jo (ops))', 'Jo (ops)'],
    ['arn:aws:iam::111122223333:role/Support', 'Support'],
    ['arn:aws:iam::111122223333:role/annals-support (jo@example.com)', 'jo@example.com'],
    ['u-17', 'u-17'],
  ])('%s is %s', (identity, shown) => {
    expect(printActor(identity)).toBe(shown);
  });
});
