import { describe, expect, it } from 'vitest';
import { callersOf } from '#aws/callers.ts';

describe('who calls', () => {
  const configuration = {
    ANNALS_SUPPORT_ROLES: ['arn:aws:iam::111122223333:role/Support'],
    ANNALS_OPERATOR_ROLES: ['arn:aws:iam::111122223333:role/Operator'],
    ANNALS_SCOPE_CLAIM: 'org',
    ANNALS_DIRECTORY_FUNCTION: '',
  };

  it('is told apart by the configuration of the function', () => {
    expect(callersOf({ ...configuration, ANNALS_PAGE_SECRET: 'secret' })).toEqual({
      supportRoles: ['arn:aws:iam::111122223333:role/Support'],
      operatorRoles: ['arn:aws:iam::111122223333:role/Operator'],
      scopeClaim: 'org',
      pageSecret: 'secret',
    });
  });

  it('never comes through a page whose secret is empty', () => {
    expect(callersOf({ ...configuration, ANNALS_PAGE_SECRET: '' }).pageSecret).toBeUndefined();
  });
});
