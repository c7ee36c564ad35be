/**
 * The events that Annals records about itself in its customers' logs: who requested a log, for whom and why,
 * who changed what. They are events like any other, made from a recorded intent alone, so that making one
 * again gives a duplicate.
 */

import { encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import { type AuditEvent, parseEvent, reservedPrefix } from '#domain/event/event.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { stampEvent, stampRequest } from '#domain/receive/stamps.ts';
import type { Instant } from '#domain/time.ts';
import { type Identity, printPerson } from './caller.ts';
import { printPrincipal } from './principal.ts';

/** Their actions, without the "audit_log." that each begins with. */
export const selfAuditActions = [
  'events.browse',
  'scope.open',
  'export.request',
  'export.complete',
  'export.fail',
  'export.download',
  'schedule.create',
  'schedule.update',
  'schedule.delete',
  'schedule.pause',
  'delivery.create',
  'delivery.update',
  'delivery.pause',
  'delivery.resume',
  'delivery.replay',
  'delivery.delete',
  'delivery.fail',
  'delivery.recover',
  'delivery.stop',
  'admin.grant',
  'admin.revoke',
  'refused.show',
  'refused.resend',
  'refused.dismiss',
  'refused.purge',
] as const;

export type SelfAuditAction = (typeof selfAuditActions)[number];

/** The HTTP request that caused it, as the gateway saw it; with the caller's address if that is known. */
export type Via = { id: string; ip_address?: string };

/** `name_asserted`: callers chose the name themselves, as that of an IAM session. */
export type Actor = {
  id: string;
  type: 'support' | 'operator' | 'user' | 'service';
  name?: string;
  name_asserted?: true;
};

export type SelfAuditEvent = {
  action: SelfAuditAction;
  /** Derived from what happened, if it may be recorded twice. */
  id: string;
  at: Instant;
  actor: Actor;
  target: { id: string; type: string };
  /** The scope whose log it belongs to; undefined is the installation's own. */
  scopeId: string | undefined;
  success: boolean;
  payload: Readonly<Record<string, unknown>>;
  via: Via | undefined;
};

/** Annals itself, for what nobody requested at that moment. */
export const selfAuditActor: Actor = { id: 'annals', type: 'service' };

/** Customers read it: it has the role and the person, and not the account of the role. */
export const actorOf = ({ role, principal, person }: Identity): Actor => ({
  id: role === 'admin' ? principal : printPrincipal(principal),
  type: role === 'admin' ? 'user' : role,
  ...printPerson(person),
});

/** Greater than any instant: the clock that recorded the intent is not compared with another. */
const noLimit = '9999-12-31T23:59:59.999999999Z';

/** The row, and the id that decides on its bucket. */
export const encodeSelfAuditEvent = (
  { action, id, at, actor, target, scopeId, success, payload, via }: SelfAuditEvent,
  receivedAt: Instant,
): { row: string; bucketedBy: string } => {
  const text = JSON.stringify({
    action: `${reservedPrefix}${action}`,
    actor,
    target,
    payload,
    occurred_at: at,
    id,
    ...(scopeId === undefined ? {} : { scope: { id: scopeId, type: 'account' } }),
    success,
    request: via ?? null,
  });
  const event: AuditEvent | { code: string; message: string } = parseEvent(
    new JsonReader(text).value(),
    noLimit,
    true,
  );
  if ('code' in event) throw new Error(`An event of the self-audit is invalid: ${event.message}`);
  const stamps = stampEvent(event, stampRequest(undefined), receivedAt, () => id);
  return {
    row: encodeRow(event, stamps, encodeReceipt(selfAuditActor.id, via?.id ?? id, via?.ip_address)),
    bucketedBy: scopeId ?? target.id,
  };
};
