/** The operator's routes for notices that are not delivered: list them, have one tried again, or dismiss it. */
import type { Notices } from '#aws/state/notices.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { isNoticeCursor, printNotice, triedAgain } from '#domain/export/notice.ts';
import type { Log } from '#functions/runtime/log.ts';
import { type Answer, badCursor, json, problem } from './answer.ts';
import type { ApiEvent } from './request.ts';
import { countUnreadable } from './unreadable.ts';

export type NoticesWorld = {
  notices: Notices;
  /** Has what is due delivered now; without it the next tick does. */
  deliver?: () => void;
  nowMs(): number;
  log: Log;
};

const pageSize = 100;

export const manageNotices = async (world: NoticesWorld, event: ApiEvent): Promise<Answer> => {
  const { notices, nowMs, deliver } = world;
  if (event.routeKey === 'GET /v1/notices') return list(world, event.queryStringParameters?.cursor);
  const id = event.pathParameters?.id ?? '';
  const notice = /^[0-9a-f-]{36}$/.test(id) ? await notices.get(id) : undefined;
  if (!notice) return problem('not_found', 'There is no notice of this id; it may have been delivered');
  if (event.routeKey === 'POST /v1/notices/{id}/retry') {
    if (isUnreadable(notice)) throw notice;
    const next = triedAgain(notice, nowMs());
    await notices.tryAgain(next);
    deliver?.();
    return json(202, printNotice(next));
  }
  await notices.remove(id);
  return { statusCode: 204, headers: { 'cache-control': 'no-store' }, body: '' };
};

const list = async ({ notices, log }: NoticesWorld, cursor: string | undefined): Promise<Answer> => {
  if (cursor !== undefined && !isNoticeCursor(cursor)) return badCursor();
  const page = await notices.page(pageSize, cursor);
  return json(200, {
    notices: page.notices.map(printNotice),
    ...countUnreadable(page.unreadable, log),
    cursor: page.cursor ?? null,
  });
};
