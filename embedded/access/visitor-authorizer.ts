/**
 * What the handlers are told about somebody who is signed in to the page: of an admin the claims that a
 * customer's token would have, of staff the role with their name and the log that they opened.
 */
import type { Authorizer } from '#domain/access/caller.ts';
import { roleArn } from '#embedded/account.ts';
import { scopeClaim } from './customer-tokens.ts';
import type { Visitor } from './sessions.ts';

/** The id after the role of staff who are signed in; no key has a colon in its id. */
const staffId = (userId: string): string => `user:${userId}`;

export const authorizerOf = (visitor: Visitor): NonNullable<Authorizer> => {
  const { role, userId, scopeId } = visitor;
  if (role === 'admin') return { jwt: { claims: { [scopeClaim]: scopeId, sub: userId } } };
  return {
    iam: {
      userArn: roleArn(role),
      key: { id: staffId(userId), name: userId, stampsRequest: true },
      openScope: { scopeId, reason: visitor.reason },
    },
  };
};
