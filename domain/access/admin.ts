/**
 * An admin of a scope, who may read its log. A change is written as an intent, recorded in the log from that alone, and
 * made once that is acknowledged. A revoked admin stays on record.
 */

import type { Instant } from '#domain/time.ts';
import { type Identity, printIdentity } from './caller.ts';
import { actorOf, type SelfAuditEvent, type Via } from './self-audit-event.ts';

export type AdminChange = Identity & {
  id: string;
  type: 'grant' | 'revoke';
  at: Instant;
  via?: Via | undefined;
};

export type AdminRecord = {
  scope_id: string;
  user_id: string;
  is_admin: boolean;
  changed_at: Instant | null;
  changed_by: string | null;
  /** A change that is not made yet. */
  intent: AdminChange | null;
};

export const proposeChange = (
  record: AdminRecord | undefined,
  scope_id: string,
  user_id: string,
  intent: AdminChange,
): AdminRecord => ({
  ...(record ?? { scope_id, user_id, is_admin: false, changed_at: null, changed_by: null }),
  intent,
});

/** Whether a change would change nothing. */
export const isMade = (record: AdminRecord | undefined, { type }: Pick<AdminChange, 'type'>): boolean =>
  (record?.is_admin ?? false) === (type === 'grant');

export const applyChange = (record: AdminRecord): AdminRecord => {
  const { type, at } = record.intent!;
  const changed_by = printIdentity(record.intent!);
  return { ...record, is_admin: type === 'grant', changed_at: at, changed_by, intent: null };
};

export const selfAuditEventOfChange = ({ scope_id, user_id, intent }: AdminRecord): SelfAuditEvent => ({
  action: `admin.${intent!.type}`,
  id: intent!.id,
  at: intent!.at,
  actor: actorOf(intent!),
  target: { id: user_id, type: 'user' },
  scopeId: scope_id,
  success: true,
  payload: {},
  via: intent!.via,
});

export const printAdmin = ({ user_id, changed_at, changed_by }: AdminRecord) => ({
  user_id,
  granted_at: changed_at!,
  granted_by: changed_by!,
});
