/** The operator's routes for undelivered notices: list them, retry one, or dismiss one. */
import type { Notices } from '#aws/state/notices.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { isNoticeCursor, printNotice, triedAgain } from '#domain/export/notice.ts';
import type { Log } from '#functions/runtime/log.ts';
import { type Answer, badCursor, json, noContent, problem } from './answer.ts';
import type { ApiEvent } from './request.ts';
import type { Call } from './router.ts';
import { countUnreadable } from './unreadable.ts';

export type NoticesWorld = {
  notices: Notices;
  /** Delivers due notices at once; without it, the next tick does. */
  deliver?: () => void;
  nowMs(): number;
  log: Log;
};

const pageSize = 100;

export const listNotices = async ({ notices, log }: NoticesWorld, { event }: Call): Promise<Answer> => {
  const cursor = event.queryStringParameters?.cursor;
  if (cursor !== undefined && !isNoticeCursor(cursor)) return badCursor();
  const page = await notices.page(pageSize, cursor);
  return json<'Notices'>(200, {
    notices: page.notices.map(printNotice),
    ...countUnreadable(page.unreadable, log),
    cursor: page.cursor ?? null,
  });
};

export const retryNotice = async (world: NoticesWorld, { event }: Call): Promise<Answer> => {
  const notice = await find(world, event);
  if (!notice) return noSuchNotice();
  if (isUnreadable(notice)) throw notice;
  const next = triedAgain(notice, world.nowMs());
  await world.notices.tryAgain(next);
  world.deliver?.();
  return json<'Notice'>(202, printNotice(next));
};

export const dismissNotice = async (world: NoticesWorld, { event }: Call): Promise<Answer> => {
  const notice = await find(world, event);
  if (!notice) return noSuchNotice();
  await world.notices.remove(idOf(event));
  return noContent();
};

const idOf = (event: ApiEvent): string => event.pathParameters?.id ?? '';

const find = async ({ notices }: NoticesWorld, event: ApiEvent) =>
  /^[0-9a-f-]{36}$/.test(idOf(event)) ? notices.get(idOf(event)) : undefined;

const noSuchNotice = (): Answer =>
  problem('not_found', 'There is no notice of this id; it may have been delivered');
