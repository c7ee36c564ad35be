/**
 * The undelivered notices, and the index of when each must be tried next. The index is written before the
 * notice and again after it: an extra entry is checked and dropped, a missing entry would be a notice that
 * never comes.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import { hasStatus, type Objects } from '#aws/objects.ts';
import type { Notice } from '#domain/export/notice.ts';
import {
  keyOfNoticeCursor,
  noticeCursorOf,
  noticeDueKey,
  noticesDuePrefix,
  parseNoticeDueKey,
  undeliveredNoticeKey,
  undeliveredNoticesPrefix,
  waitingNoticeKey,
  waitingNoticesPrefix,
} from '#domain/export/notice-layout.ts';
import { type Instant, isInstant } from '#domain/time.ts';
import {
  decodeRecord,
  encodeRecord,
  isUnreadable,
  type RecordKind,
  readRecord,
  type UnreadableRecord,
} from './record.ts';

export type DueNotice = { due: Instant; id: string };
export type WaitingNotice = { notice: Notice; etag: string };

/** The count of undelivered notices stops here. */
export const maxCounted = 1000;

const noticeRecord: RecordKind<Notice> = {
  isWhole: ({ id, subject, message, attempts, next_attempt_at }) =>
    typeof id === 'string' &&
    typeof subject === 'string' &&
    typeof message === 'object' &&
    typeof attempts === 'number' &&
    (next_attempt_at === null || (typeof next_attempt_at === 'string' && isInstant(next_attempt_at))),
  cure: 'Restore it, or dismiss it with "annals notices dismiss" and the id in its name',
};

export class Notices {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  /** Stores a new notice; one that is already waiting is not changed. */
  async add(notice: Notice): Promise<void> {
    await this.#reminding(notice, () =>
      this.#state.create(waitingNoticeKey(notice.id), encodeRecord(notice)),
    );
  }

  /** The entries of the index, the earliest first. */
  async *due(): AsyncGenerator<DueNotice> {
    for await (const { key } of this.#state.list(noticesDuePrefix)) yield parseNoticeDueKey(key);
  }

  /** A waiting notice; undefined if it was delivered, given up or dismissed. */
  async waiting(id: string): Promise<WaitingNotice | undefined> {
    const stored = await this.#state.get(waitingNoticeKey(id));
    return stored && { notice: readRecord(stored, noticeRecord), etag: stored.etag };
  }

  /** Replaces the notice that was read with its next state, unless somebody else has changed it. */
  async postpone({ etag }: WaitingNotice, next: Notice): Promise<void> {
    await this.#reminding(next, async () => {
      try {
        await this.#state.replace(waitingNoticeKey(next.id), encodeRecord(next), etag);
      } catch (error) {
        // It was delivered or dismissed meanwhile.
        if (!hasStatus(error, 404)) throw error;
      }
    });
  }

  /** Keeps a notice that is no longer tried. */
  async giveUp(notice: Notice): Promise<void> {
    await this.#state.create(undeliveredNoticeKey(notice.id), encodeRecord(notice));
    await this.#state.delete(waitingNoticeKey(notice.id));
  }

  /** Removes a notice, whether it waits or was given up. */
  async remove(id: string): Promise<void> {
    await this.#state.delete(waitingNoticeKey(id));
    await this.#state.delete(undeliveredNoticeKey(id));
  }

  /** Drops an entry of the index. */
  forget({ due, id }: DueNotice): Promise<void> {
    return this.#state.delete(noticeDueKey(due, id));
  }

  /** A notice, whether it waits or was given up; or the error if its record is damaged. */
  async get(id: string): Promise<Notice | UnreadableRecord | undefined> {
    const stored =
      (await this.#state.get(waitingNoticeKey(id))) ?? (await this.#state.get(undeliveredNoticeKey(id)));
    return stored && decodeRecord(stored, noticeRecord);
  }

  /** Schedules a notice to be tried again, even if it was given up. */
  async tryAgain(next: Notice): Promise<void> {
    const waiting = await this.waiting(next.id);
    if (waiting) return this.postpone(waiting, next);
    await this.add(next);
    await this.#state.delete(undeliveredNoticeKey(next.id));
  }

  /**
   * A page of the notices after a cursor, those that were given up first; and the cursor of the next page.
   */
  async page(
    limit: number,
    cursor: string | undefined,
  ): Promise<{ notices: Notice[]; unreadable: UnreadableRecord[]; cursor: string | undefined }> {
    const after = cursor === undefined ? '' : keyOfNoticeCursor(cursor);
    const keys: string[] = [];
    for (const prefix of [undeliveredNoticesPrefix, waitingNoticesPrefix]) {
      const start = after.startsWith(prefix) ? after : undefined;
      if (start === undefined && after > prefix) continue;
      for await (const { key } of this.#state.list(prefix, start, limit + 1)) keys.push(key);
    }
    const shown = keys.slice(0, limit);
    const stored = await fewAtOnce(shown, key => this.#state.get(key));
    // A notice that was delivered meanwhile no longer exists.
    const records = stored.flatMap(object => (object ? [decodeRecord(object, noticeRecord)] : []));
    return {
      notices: records.filter(record => !isUnreadable(record)) as Notice[],
      unreadable: records.filter(isUnreadable),
      cursor: keys.length > limit ? noticeCursorOf(shown.at(-1)!) : undefined,
    };
  }

  /** How many notices were given up, at most `maxCounted`. */
  countUndelivered(): Promise<number> {
    return this.#count(undeliveredNoticesPrefix);
  }

  /** How many notices wait to be delivered, at most `maxCounted`. */
  countWaiting(): Promise<number> {
    return this.#count(waitingNoticesPrefix);
  }

  async #count(prefix: string): Promise<number> {
    let count = 0;
    for await (const _ of this.#state.list(prefix, undefined, maxCounted)) count += 1;
    return count;
  }

  /**
   * The entry is made again after the write, since a run may have dropped it before that, taking it for an
   * extra one.
   */
  async #reminding({ id, next_attempt_at }: Notice, write: () => Promise<unknown>): Promise<void> {
    const remind = () => this.#state.create(noticeDueKey(next_attempt_at!, id), encodeRecord({}));
    await remind();
    await write();
    await remind();
  }
}
