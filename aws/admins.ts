/** The admins in the state: an object per scope and user, changed only as the version that was read. */
import {
  type AdminChange,
  type AdminRecord,
  applyChange,
  ownEventOfChange,
  proposeChange,
} from '#domain/admin.ts';
import { adminKey, adminsOfScopePrefix, openAdminChangeKey, openAdminChangesPrefix } from '#domain/layout.ts';
import type { Objects } from './objects.ts';
import { NotRecordable, type OwnLog } from './own-log.ts';

export class Admins {
  readonly #state: Objects;
  readonly #ownLog: OwnLog;
  constructor(state: Objects, ownLog: OwnLog) {
    this.#state = state;
    this.#ownLog = ownLog;
  }

  /** Those who are admins of a scope now. */
  async of(scopeId: string): Promise<AdminRecord[]> {
    const records: AdminRecord[] = [];
    for await (const { key } of this.#state.list(adminsOfScopePrefix(scopeId))) {
      const stored = await this.#state.get(key);
      if (stored) records.push(decode(stored.bytes));
    }
    return records.filter(({ is_admin }) => is_admin);
  }

  /** Makes a user an admin, or no longer one; gives the record then. What is so already is not done, nor recorded, again. */
  async change(scopeId: string, userId: string, change: AdminChange): Promise<AdminRecord | undefined> {
    const key = adminKey(scopeId, userId);
    for (;;) {
      const stored = await this.#state.get(key);
      const record = stored && decode(stored.bytes);
      if (record?.intent) {
        await this.#settle(record, stored!.etag);
        continue;
      }
      if ((record?.is_admin ?? false) === (change.type === 'grant')) return record;
      const proposed = proposeChange(record, scopeId, userId, change);
      await this.#state.create(
        openAdminChangeKey(change.id),
        Buffer.from(JSON.stringify({ scope_id: scopeId, user_id: userId })),
      );
      await this.#state.replace(key, encode(proposed), stored?.etag);
    }
  }

  /** Records a change that was written in the log, and does it. Somebody else may have done so: then it is not done again. */
  async #settle(record: AdminRecord, etag: string): Promise<void> {
    const end = async (next: AdminRecord): Promise<void> => {
      await this.#state.replace(adminKey(record.scope_id, record.user_id), encode(next), etag);
      await this.#state.delete(openAdminChangeKey(record.intent!.id));
    };
    try {
      await this.#ownLog.record(ownEventOfChange(record));
    } catch (error) {
      // What the log can never hold is not done.
      if (error instanceof NotRecordable) await end({ ...record, intent: null });
      throw error;
    }
    await end(applyChange(record));
  }

  /** Carries on the changes that stopped between their steps; one that cannot be stops no other. */
  async settleAll(): Promise<Error[]> {
    const failures: Error[] = [];
    for await (const { key } of this.#state.list(openAdminChangesPrefix))
      await this.#settleOpen(key).catch(error => void failures.push(error as Error));
    return failures;
  }

  async #settleOpen(key: string): Promise<void> {
    const open = await this.#state.get(key);
    if (!open) return;
    const { scope_id, user_id } = JSON.parse(open.bytes.toString()) as AdminRecord;
    const stored = await this.#state.get(adminKey(scope_id, user_id));
    const record = stored && decode(stored.bytes);
    if (record?.intent) await this.#settle(record, stored!.etag);
    else await this.#state.delete(key);
  }
}

const encode = (record: AdminRecord): Buffer => Buffer.from(`${JSON.stringify(record)}\n`);
const decode = (bytes: Buffer): AdminRecord => JSON.parse(bytes.toString()) as AdminRecord;
