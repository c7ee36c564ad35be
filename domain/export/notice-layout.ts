/** The keys of notices in the state. */
import type { Instant } from '#domain/time.ts';

/** By the time of the next try, the soonest first; waiting notices; notices that were given up. */
export const noticesPrefix = 'notices/';
export const noticesDuePrefix = `${noticesPrefix}due/`;
export const noticeDueKey = (due: Instant, id: string): string => `${noticesDuePrefix}${due}/${id}`;
export const parseNoticeDueKey = (key: string): { due: Instant; id: string } => ({
  due: key.slice(noticesDuePrefix.length, noticesDuePrefix.length + 30),
  id: key.slice(noticesDuePrefix.length + 31),
});
export const undeliveredNoticesPrefix = `${noticesPrefix}undelivered/`;
export const undeliveredNoticeKey = (id: string): string => `${undeliveredNoticesPrefix}${id}.json`;
export const waitingNoticesPrefix = `${noticesPrefix}waiting/`;
export const waitingNoticeKey = (id: string): string => `${waitingNoticesPrefix}${id}.json`;

/** The cursor of a notice in their list: `waiting-<id>`, or `undelivered-<id>`. */
export const noticeCursorOf = (key: string): string =>
  key.slice(noticesPrefix.length, -'.json'.length).replace('/', '-');
export const keyOfNoticeCursor = (cursor: string): string =>
  `${noticesPrefix}${cursor.replace('-', '/')}.json`;
