/** The operator's routes for the admins of a scope, where the state keeps their directory. */
import { v7 } from 'uuid';
import type { SelfAudit } from '#aws/self-audit.ts';
import type { Admins } from '#aws/state/admins.ts';
import { type AdminChange, printAdmin } from '#domain/access/admin.ts';
import { type Caller, identityOf } from '#domain/access/caller.ts';
import { isName } from '#domain/event/name.ts';
import { decodePathId } from '#domain/http/path-id.ts';
import { isStateCursor } from '#domain/object-key.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import { changeAdmin } from '#functions/workflows/change-admin.ts';
import { type Answer, badCursor, badId, json, problem } from './answer.ts';
import { type ApiEvent, viaOf } from './request.ts';
import { countUnreadable } from './unreadable.ts';

const pageSize = 1000;

export type AdminsWorld = {
  /** Undefined where a Lambda of the company's keeps the directory. */
  admins: Admins | undefined;
  selfAudit: Pick<SelfAudit, 'record'>;
  nowMs(): number;
  log: Log;
};

export const manageAdmins = async (
  { admins, selfAudit, nowMs, log }: AdminsWorld,
  caller: Caller,
  event: ApiEvent,
): Promise<Answer> => {
  if (!admins)
    return problem('directory_elsewhere', 'A Lambda of the company keeps the admins; change them there');
  const scopeId = decodePathId(event.pathParameters?.scope_id ?? '');
  if (scopeId === undefined || !isName(scopeId)) return badId('scope');
  if (event.routeKey === 'GET /v1/scopes/{scope_id}/admins')
    return list({ admins, log }, scopeId, event.queryStringParameters?.cursor);
  const userId = decodePathId(event.pathParameters?.user_id ?? '');
  if (userId === undefined || !isName(userId)) return badId('user');
  const change = (type: AdminChange['type']) =>
    changeAdmin(
      { admins, selfAudit },
      { scopeId, userId },
      { id: v7(), type, at: instantOfMilliseconds(nowMs()), ...identityOf(caller), via: viaOf(event) },
    );
  if (event.routeKey.startsWith('PUT'))
    return json(200, { scope_id: scopeId, ...printAdmin((await change('grant'))!) });
  await change('revoke');
  return { statusCode: 204, headers: { 'cache-control': 'no-store' }, body: '' };
};

const list = async (
  { admins, log }: { admins: Admins; log: Log },
  scopeId: string,
  cursor: string | undefined,
): Promise<Answer> => {
  if (cursor !== undefined && !isStateCursor(cursor)) return badCursor();
  const page = await admins.page(scopeId, pageSize, cursor);
  return json(200, {
    admins: page.admins.map(printAdmin),
    ...countUnreadable(page.unreadable, log),
    cursor: page.cursor ?? null,
  });
};
