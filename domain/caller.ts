/**
 * Who calls, by what the gateway has verified: a role of IAM that the configuration maps to support or operator, or
 * the subject of a customer's token, whose claim names their scope. A token alone makes nobody an admin: whether its
 * subject is one is asked of the directory, at each request.
 */
import { isName } from './name.ts';
import { isOneOf, principalOfArn } from './principal.ts';

export type Caller =
  | { role: 'operator'; principal: string }
  | { role: 'support'; principal: string }
  | { role: 'admin'; principal: string; scopeId: string };

/** What API Gateway puts beside a request (payload format 2.0). */
export type Authorizer =
  | {
      iam?: { userArn?: string | null | undefined } | null | undefined;
      jwt?: { claims: Record<string, unknown> } | null | undefined;
    }
  | null
  | undefined;

export type CallerRules = {
  supportRoles: readonly string[];
  operatorRoles: readonly string[];
  /** The claim that holds the id of the scope; undefined where customers have no door. */
  scopeClaim: string | undefined;
};

/** Undefined where the caller has none of the roles. */
export const callerOf = (authorizer: Authorizer, rules: CallerRules): Caller | undefined => {
  const arn = authorizer?.iam?.userArn;
  if (arn) {
    const principal = principalOfArn(arn);
    if (isOneOf(principal, rules.operatorRoles)) return { role: 'operator', principal };
    return isOneOf(principal, rules.supportRoles) ? { role: 'support', principal } : undefined;
  }
  const claims = authorizer?.jwt?.claims;
  if (!claims || rules.scopeClaim === undefined) return undefined;
  const { sub } = claims;
  const scopeId = claims[rules.scopeClaim];
  const isWhole = typeof sub === 'string' && isName(sub) && typeof scopeId === 'string' && isName(scopeId);
  return isWhole ? { role: 'admin', principal: sub, scopeId } : undefined;
};

/** Whether a caller may see what belongs to a scope; undefined is the complete log. */
export const mayRead = (caller: Caller, scopeId: string | undefined): boolean => {
  switch (caller.role) {
    case 'operator':
      return true;
    case 'support':
      return scopeId !== undefined;
    case 'admin':
      return scopeId === caller.scopeId;
  }
};
