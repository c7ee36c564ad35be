/**
 * The admins in the state: one object per scope and user, replaced only if it is still the version that was
 * read.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import type { AdminRecord } from '#domain/access/admin.ts';
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

export type StoredAdmin = { record: AdminRecord | UnreadableRecord; etag: string };
/** A change that has not ended; `key` is that of its entry. */
export type OpenChange = { key: string; scopeId: string; userId: string };

export class Admins {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  /** Undefined if the user has never been an admin of the scope. */
  get(scopeId: string, userId: string): Promise<StoredAdmin | undefined> {
    return this.#read(adminKey(scopeId, userId));
  }

  async #read(key: string): Promise<StoredAdmin | undefined> {
    const stored = await this.#state.get(key);
    return stored && { record: decodeRecord(stored, adminRecord), etag: stored.etag };
  }

  /**
   * A page of the present admins of a scope after a cursor, of at most `limit` records; the cursor of the
   * next page; and an error for each record that cannot be read.
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
      // The record of a former admin is kept.
      admins: records.flatMap(record => (isUnreadable(record) || !record.is_admin ? [] : [record])),
      unreadable: records.filter(isUnreadable),
      cursor: keys.length > limit ? shown.at(-1)?.slice(prefix.length) : undefined,
    };
  }

  /**
   * Replaces the version that was read with a record that has an intent; false if somebody else has changed
   * it. The entry among the open changes is made first: an entry without a change is dropped, a change
   * without an entry would be forgotten.
   */
  async begin(record: AdminRecord, etag: string | undefined): Promise<boolean> {
    const { scope_id, user_id } = record;
    await this.#state.create(openAdminChangeKey(record.intent!.id), encodeRecord({ scope_id, user_id }));
    return this.#state.replace(adminKey(scope_id, user_id), encodeRecord(record), etag);
  }

  /** Ends a change: replaces the version that was read with the resulting record, and drops the entry. */
  async end(changeId: string, record: AdminRecord, etag: string): Promise<void> {
    await this.#state.replace(adminKey(record.scope_id, record.user_id), encodeRecord(record), etag);
    await this.#state.delete(openAdminChangeKey(changeId));
  }

  /** The keys of the changes that may not have ended. */
  async *openChanges(): AsyncGenerator<string> {
    for await (const { key } of this.#state.list(openAdminChangesPrefix)) yield key;
  }

  /** Undefined if the entry no longer exists. Throws `UnreadableRecord` if it is damaged. */
  async openChange(key: string): Promise<OpenChange | undefined> {
    const stored = await this.#state.get(key);
    if (!stored) return undefined;
    const { scope_id, user_id } = readRecord(stored, openChangeRecord);
    return { key, scopeId: scope_id, userId: user_id };
  }

  /** Drops the entry of a change that has ended. */
  forget({ key }: OpenChange): Promise<void> {
    return this.#state.delete(key);
  }
}

type OpenChangeRecord = Pick<AdminRecord, 'scope_id' | 'user_id'>;
const namesUser = ({ scope_id, user_id }: Partial<OpenChangeRecord>): boolean =>
  typeof scope_id === 'string' && typeof user_id === 'string';

export const adminRecord: RecordKind<AdminRecord> = {
  isWhole: record => namesUser(record) && typeof record.is_admin === 'boolean',
  cure: 'Grant or revoke the right again, which replaces it, or restore it from a copy',
};
const openChangeRecord: RecordKind<OpenChangeRecord> = {
  isWhole: namesUser,
  cure: 'Delete it; grant or revoke the right again to finish the change',
};
