/**
 * Changes of admins. A change is written as an intent, recorded in the log from that alone, and made once the
 * record is acknowledged. After a crash between the steps, tick finishes it. Shared by manage and tick; not a
 * Lambda.
 */
import { NotRecordable, type SelfAudit } from '#aws/self-audit.ts';
import type { Admins } from '#aws/state/admins.ts';
import { isUnreadable } from '#aws/state/record.ts';
import {
  type AdminChange,
  type AdminRecord,
  applyChange,
  isMade,
  proposeChange,
  selfAuditEventOfChange,
} from '#domain/access/admin.ts';

export type AdminWorld = { admins: Admins; selfAudit: Pick<SelfAudit, 'record'> };

/**
 * Grants or revokes a user's admin rights in a scope, and returns the record after that. A change that
 * changes nothing is neither made nor recorded.
 */
export const changeAdmin = async (
  world: AdminWorld,
  { scopeId, userId }: { scopeId: string; userId: string },
  change: AdminChange,
): Promise<AdminRecord | undefined> => {
  for (;;) {
    const found = await world.admins.get(scopeId, userId);
    // A damaged record makes nobody an admin, and any change replaces it.
    const isDamaged = isUnreadable(found?.record);
    const record = isUnreadable(found?.record) ? undefined : found?.record;
    if (record?.intent) {
      await makeChange(world, record, found!.etag);
      continue;
    }
    if (!isDamaged && isMade(record, change)) return record;
    await world.admins.begin(proposeChange(record, scopeId, userId, change), found?.etag);
  }
};

/** Records the change in the log, and makes it unless somebody else already has. */
const makeChange = async (
  { admins, selfAudit }: AdminWorld,
  record: AdminRecord,
  etag: string,
): Promise<void> => {
  const { id } = record.intent!;
  try {
    await selfAudit.record(selfAuditEventOfChange(record));
  } catch (error) {
    // The log can never hold the record, so the change is not made.
    if (error instanceof NotRecordable) await admins.end(id, { ...record, intent: null }, etag);
    throw error;
  }
  await admins.end(id, applyChange(record), etag);
};

/** Finishes changes that stopped between their steps. One that fails does not stop the others. */
export const advanceAdminChanges = async (world: AdminWorld): Promise<Error[]> => {
  const failures: Error[] = [];
  for await (const key of world.admins.openChanges())
    await advanceAdminChange(world, key).catch(error => void failures.push(error as Error));
  return failures;
};

const advanceAdminChange = async (world: AdminWorld, key: string): Promise<void> => {
  const open = await world.admins.openChange(key);
  if (!open) return;
  const found = await world.admins.get(open.scopeId, open.userId);
  if (isUnreadable(found?.record)) throw found.record;
  if (found?.record.intent) await makeChange(world, found.record, found.etag);
  else await world.admins.forget(open);
};
