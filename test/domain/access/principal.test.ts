import { describe, expect, it } from 'vitest';
import { isOneOf, principalOfArn } from '#domain/access/principal.ts';

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
