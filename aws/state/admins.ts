/** The admins in the state: an object per scope and user, changed only as the version that was read. */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { NotRecordable, type SelfAudit } from '#aws/self-audit.ts';
import {
  type AdminChange,
  type AdminRecord,
  applyChange,
  proposeChange,
  selfAuditEventOfChange,
} from '#domain/access/admin.ts';
import {
  adminKey,
  adminsOfScopePrefix,
  openAdminChangeKey,
  openAdminChangesPrefix,
} from '#domain/access/layout.ts';
import {
  decodeRecord,
  encodeRecord,
  isUnreadable,
  type RecordKind,
  readRecord,
  type UnreadableRecord,
} from './record.ts';

export class Admins {
  readonly #state: Objects;
  readonly #selfAudit: SelfAudit;
  constructor(state: Objects, selfAudit: SelfAudit) {
    this.#state = state;
    this.#selfAudit = selfAudit;
  }

  /**
   * Those who are admins of a scope now, after a cursor, of `limit` records at most; the cursor of the next
   * page; and what is wrong with the records that cannot be read.
   */
  async page(
    scopeId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ admins: AdminRecord[]; unreadable: UnreadableRecord[]; cursor: string | undefined }> {
    const prefix = adminsOfScopePrefix(scopeId);
    const keys: string[] = [];
    const after = cursor === undefined ? undefined : `${prefix}${cursor}`;
    for await (const { key } of this.#state.list(prefix, after, limit + 1)) keys.push(key);
    const shown = keys.slice(0, limit);
    const found = await fewAtOnce(shown, key => this.#read(key));
    const records = found.flatMap(one => (one ? [one.record] : []));
    return {
      // Whoever no longer is one stays on record.
      admins: records.flatMap(record => (isUnreadable(record) || !record.is_admin ? [] : [record])),
      unreadable: records.filter(isUnreadable),
      cursor: keys.length > limit ? shown.at(-1)?.slice(prefix.length) : undefined,
    };
  }

  async #read(key: string): Promise<{ record: AdminRecord | UnreadableRecord; etag: string } | undefined> {
    const stored = await this.#state.get(key);
    return stored && { record: decodeRecord(stored, adminRecord), etag: stored.etag };
  }

  /**
   * Makes a user an admin, or no longer one; gives the record then. What is so already is not done, nor
   * recorded, again.
   */
  async change(scopeId: string, userId: string, change: AdminChange): Promise<AdminRecord | undefined> {
    const key = adminKey(scopeId, userId);
    for (;;) {
      const found = await this.#read(key);
      // One that is damaged makes nobody an admin, and is written anew by whatever change.
      const isDamaged = isUnreadable(found?.record);
      const record = isUnreadable(found?.record) ? undefined : found?.record;
      if (record?.intent) {
        await this.#applyChange(record, found!.etag);
        continue;
      }
      if (!isDamaged && (record?.is_admin ?? false) === (change.type === 'grant')) return record;
      const proposed = proposeChange(record, scopeId, userId, change);
      await this.#state.create(
        openAdminChangeKey(change.id),
        Buffer.from(JSON.stringify({ scope_id: scopeId, user_id: userId })),
      );
      await this.#state.replace(key, encode(proposed), found?.etag);
    }
  }

  /**
   * Records a change that was written in the log, and does it. Somebody else may have done so: then it is not
   * done again.
   */
  async #applyChange(record: AdminRecord, etag: string): Promise<void> {
    const end = async (next: AdminRecord): Promise<void> => {
      await this.#state.replace(adminKey(record.scope_id, record.user_id), encode(next), etag);
      await this.#state.delete(openAdminChangeKey(record.intent!.id));
    };
    try {
      await this.#selfAudit.record(selfAuditEventOfChange(record));
    } catch (error) {
      // What the log can never hold is not done.
      if (error instanceof NotRecordable) await end({ ...record, intent: null });
      throw error;
    }
    await end(applyChange(record));
  }

  /** Carries on the changes that stopped between their steps; one that cannot be stops no other. */
  async applyAll(): Promise<Error[]> {
    const failures: Error[] = [];
    for await (const { key } of this.#state.list(openAdminChangesPrefix))
      await this.#applyOpenChange(key).catch(error => void failures.push(error as Error));
    return failures;
  }

  async #applyOpenChange(key: string): Promise<void> {
    const open = await this.#state.get(key);
    if (!open) return;
    const { scope_id, user_id } = readRecord(open, openChangeRecord);
    const found = await this.#read(adminKey(scope_id, user_id));
    if (isUnreadable(found?.record)) throw found.record;
    if (found?.record.intent) await this.#applyChange(found.record, found.etag);
    else await this.#state.delete(key);
  }
}

const encode = (record: AdminRecord): Buffer => encodeRecord(record);

type OpenChange = Pick<AdminRecord, 'scope_id' | 'user_id'>;
const namesUser = ({ scope_id, user_id }: Partial<OpenChange>): boolean =>
  typeof scope_id === 'string' && typeof user_id === 'string';

export const adminRecord: RecordKind<AdminRecord> = {
  isWhole: record => namesUser(record) && typeof record.is_admin === 'boolean',
  cure: 'Grant or revoke the right once more, which writes it anew, or restore it from a copy',
};
const openChangeRecord: RecordKind<OpenChange> = {
  isWhole: namesUser,
  cure: 'Delete it; the change that it stands for is carried on when the right is granted or revoked once more',
};
