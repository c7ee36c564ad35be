import { describe, expect, it } from 'vitest';
import { callerOf } from '#domain/access/caller.ts';
import { scopeClaim } from '#embedded/access/customer-tokens.ts';
import type { Visitor } from '#embedded/access/sessions.ts';
import { authorizerOf } from '#embedded/access/visitor-authorizer.ts';
import { roleArn } from '#embedded/account.ts';

const rules = { supportRoles: [roleArn('support')], operatorRoles: [roleArn('operator')], scopeClaim };
const callerFor = (visitor: Visitor) => callerOf(authorizerOf(visitor), rules);

describe('who is signed in', () => {
  it('is to the handlers what the bearer of a token of theirs is, if they are an admin', () => {
    expect(callerFor({ role: 'admin', userId: 'u-17', scopeId: 'acme' })).toEqual({
      role: 'admin',
      principal: 'u-17',
      scopeId: 'acme',
    });
  });

  it.each(['support', 'operator'] as const)('is %s with their name and the log that they opened', role => {
    expect(callerFor({ role, userId: 'ada', scopeId: 'acme', reason: 'ticket 1' })).toEqual({
      role,
      principal: `${roleArn(role)}/user:ada`,
      person: { name: 'ada' },
      openScope: { scopeId: 'acme', reason: 'ticket 1' },
    });
  });
});
