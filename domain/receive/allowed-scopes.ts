/** Of which scopes a sender may send events, if its key is bound to some. */
import type { AuditEvent } from '#domain/event/event.ts';
import { type Refusal, refuse } from '#domain/event/refusal.ts';

/** The ids of the only scopes; undefined: events of every scope, and of none. */
export type AllowedScopes = readonly string[] | undefined;

/** Names no scope that is allowed: the message reaches whoever wrote the event. */
export const scopeRefusal = (
  { scopeId }: Pick<AuditEvent, 'scopeId'>,
  allowed: AllowedScopes,
): Refusal | undefined => {
  if (allowed === undefined || (scopeId !== undefined && allowed.includes(scopeId))) return undefined;
  return scopeId === undefined
    ? refuse('scope_not_allowed', '/scope', 'Expected a scope, since the key is bound to some')
    : refuse('scope_not_allowed', '/scope/id', 'Expected a scope that the key is bound to');
};
