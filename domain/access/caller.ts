/**
 * Who calls, according to what the gateway has verified: an IAM role that the configuration maps to support
 * or operator, or the subject of a customer's token, whose claim names their scope. A token alone makes
 * nobody an admin: the admin directory is asked about its subject at each request.
 */
import { isName } from '#domain/event/name.ts';
import { isOneOf, principalOfArn, sessionOfArn } from './principal.ts';

/**
 * Who uses a role: the name of the key that opened an embedded installation, or the name of an IAM session.
 * The latter is `asserted`, since whoever assumes the role chooses it.
 */
export type Person = { name: string; asserted?: true };

/**
 * `principal` is what was authenticated: the ARN of a role, with the id of the key if a named one was used;
 * or a user.
 */
export type Identity = {
  role: 'operator' | 'support' | 'admin';
  principal: string;
  person?: Person | undefined;
};

/** The one log that a session on the Audit Log page has opened, and why. */
export type OpenScope = { scopeId: string; reason: string };

/**
 * `openScope` if support or the operator is signed in to the page, instead of holding a key or an IAM role.
 */
export type Caller =
  | (Identity & { role: 'operator' | 'support'; openScope?: OpenScope | undefined })
  | (Identity & { role: 'admin'; scopeId: string });

/** What is recorded about a caller. */
export const identityOf = ({ role, principal, person }: Identity): Identity => ({
  role,
  principal,
  ...(person ? { person } : {}),
});

/** The members that name a person; empty if there is no name. */
export const printPerson = (person: Person | undefined): { name?: string; name_asserted?: true } => ({
  ...(person ? { name: person.name } : {}),
  ...(person?.asserted ? { name_asserted: true } : {}),
});

/** A caller in one line, for the operator. */
export const printIdentity = ({ principal, person }: Identity): string =>
  `${principal}${person ? ` (${person.name})` : ''}`;

/**
 * A named key of an embedded installation, as its gateway has verified it. `scopes` are the ids of the only scopes
 * whose events it may send; absent: of all scopes, and of none.
 */
export type VerifiedKey = {
  id: string;
  name: string;
  stampsRequest: boolean;
  scopes?: readonly string[] | undefined;
};

/**
 * What is known of an IAM principal. `key` and `openScope` are an embedded gateway's: API Gateway sets
 * neither, nor can a caller.
 */
type IamAuthorizer = {
  userArn?: string | null | undefined;
  key?: VerifiedKey | undefined;
  openScope?: OpenScope | undefined;
};

/** What API Gateway adds to a request (payload format 2.0). */
export type Authorizer =
  | {
      iam?: IamAuthorizer | null | undefined;
      jwt?: { claims: Record<string, unknown> } | null | undefined;
    }
  | null
  | undefined;

export type CallerRules = {
  supportRoles: readonly string[];
  operatorRoles: readonly string[];
  /** The claim that holds the id of the scope; undefined if customers have no API. */
  scopeClaim: string | undefined;
  /** What the page's distribution sends with each request; absent if there is no page. */
  pageSecret?: string | undefined;
};

/** Undefined if the caller has none of the roles. */
export const callerOf = (authorizer: Authorizer, rules: CallerRules): Caller | undefined => {
  const arn = authorizer?.iam?.userArn;
  if (arn) {
    const roleArn = principalOfArn(arn);
    const session = sessionOfArn(arn);
    const { key, openScope } = authorizer?.iam ?? {};
    const identity = {
      principal: senderOf(authorizer),
      ...(openScope ? { openScope } : {}),
      ...(key
        ? { person: { name: key.name } }
        : session === undefined
          ? {}
          : { person: { name: session, asserted: true as const } }),
    };
    if (isOneOf(roleArn, rules.operatorRoles)) return { role: 'operator', ...identity };
    return isOneOf(roleArn, rules.supportRoles) ? { role: 'support', ...identity } : undefined;
  }
  const claims = authorizer?.jwt?.claims;
  if (!claims || rules.scopeClaim === undefined) return undefined;
  const { sub } = claims;
  const scopeId = claims[rules.scopeClaim];
  const isWhole = typeof sub === 'string' && isName(sub) && typeof scopeId === 'string' && isName(scopeId);
  return isWhole ? { role: 'admin', principal: sub, scopeId } : undefined;
};

/** Who was authenticated: the ARN of the role, and the id of the key if a named one was used. */
export const senderOf = (authorizer: Authorizer): string => {
  const { userArn, key } = authorizer?.iam ?? {};
  return `${principalOfArn(userArn ?? 'unknown')}${key ? `/${key.id}` : ''}`;
};

/**
 * Whether a caller may see what belongs to a scope; undefined is the complete log. A session on the page sees what
 * belongs to the scope that it has opened, since each opening is in that log.
 */
export const mayRead = (caller: Caller, scopeId: string | undefined): boolean => {
  switch (caller.role) {
    case 'operator':
      return scopeId === undefined || isOpenTo(caller, scopeId);
    case 'support':
      return scopeId !== undefined && isOpenTo(caller, scopeId);
    case 'admin':
      return scopeId === caller.scopeId;
  }
};

const isOpenTo = ({ openScope }: { openScope?: OpenScope | undefined }, scopeId: string): boolean =>
  openScope === undefined || openScope.scopeId === scopeId;

/** Why a caller who may not read a scope may not. */
export const readRefusal = (caller: Caller): string =>
  caller.role !== 'admin' && caller.openScope
    ? 'The session is for another scope; open this one first'
    : 'The token is of another scope';
