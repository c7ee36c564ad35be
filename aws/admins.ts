/** The admins in the state: an object per scope and user, changed only as the version that was read. */
import {
  type AdminChange,
  type AdminRecord,
  applyChange,
  ownEventOfChange,
  proposeChange,
} from '#domain/admin.ts';
import { adminKey, adminsOfScopePrefix, openAdminChangeKey, openAdminChangesPrefix } from '#domain/layout.ts';
import { fewAtOnce } from './few-at-once.ts';
import type { Objects } from './objects.ts';
import { NotRecordable, type OwnLog } from './own-log.ts';

export class Admins {
  readonly #state: Objects;
  readonly #ownLog: OwnLog;
  constructor(state: Objects, ownLog: OwnLog) {
    this.#state = state;
    this.#ownLog = ownLog;
  }

  /** Those who are admins of a scope now, after a cursor, and the cursor of the next page; of `limit` records at most. */
  async page(
    scopeId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ admins: AdminRecord[]; cursor: string | undefined }> {
    const prefix = adminsOfScopePrefix(scopeId);
    const keys: string[] = [];
    const after = cursor === undefined ? undefined : `${prefix}${cursor}`;
    for await (const { key } of this.#state.list(prefix, after, limit + 1)) keys.push(key);
    const shown = keys.slice(0, limit);
    const stored = await fewAtOnce(shown, key => this.#state.get(key));
    const records = stored.flatMap(object => (object ? [decode(object.bytes)] : []));
    return {
      // Whoever no longer is one stays on record.
      admins: records.filter(({ is_admin }) => is_admin),
      cursor: keys.length > limit ? shown.at(-1)?.slice(prefix.length) : undefined,
    };
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
