/**
 * The operator's routes for the admins of a scope, for installations that keep the admin directory in the
 * state.
 */
import { v7 } from 'uuid';
import type { SelfAudit } from '#aws/self-audit.ts';
import type { Admins } from '#aws/state/admins.ts';
import { type AdminChange, type AdminRecord, printAdmin } from '#domain/access/admin.ts';
import { identityOf } from '#domain/access/caller.ts';
import { isName } from '#domain/event/name.ts';
import { decodePathId } from '#domain/http/path-id.ts';
import { isStateCursor } from '#domain/object-key.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import { changeAdmin } from '#functions/workflows/change-admin.ts';
import { type Answer, badCursor, badId, json, noContent, problem } from './answer.ts';
import { viaOf } from './request.ts';
import type { Call } from './router.ts';
import { scopeInPath } from './scope-call.ts';
import { countUnreadable } from './unreadable.ts';

const pageSize = 1000;

export type AdminsWorld = {
  /** Undefined if the company's own Lambda keeps the directory. */
  admins: Admins | undefined;
  selfAudit: Pick<SelfAudit, 'record'>;
  nowMs(): number;
  log: Log;
};

const kept = ({ admins }: AdminsWorld): { admins: Admins } | Answer =>
  admins
    ? { admins }
    : problem('directory_elsewhere', 'A Lambda of the company keeps the admins; change them there');

export const listAdmins = async (world: AdminsWorld, call: Call): Promise<Answer> => {
  const directory = kept(world);
  if ('statusCode' in directory) return directory;
  const scopeId = scopeInPath(call);
  if (scopeId === undefined) return badId('scope');
  const cursor = call.event.queryStringParameters?.cursor;
  if (cursor !== undefined && !isStateCursor(cursor)) return badCursor();
  const page = await directory.admins.page(scopeId, pageSize, cursor);
  return json<'Admins'>(200, {
    admins: page.admins.map(printAdmin),
    ...countUnreadable(page.unreadable, world.log),
    cursor: page.cursor ?? null,
  });
};

export const grantAdmin = async (world: AdminsWorld, call: Call): Promise<Answer> => {
  const changed = await change(world, call, 'grant');
  if ('statusCode' in changed) return changed;
  return json<'Admin'>(200, { scope_id: changed.scopeId, ...printAdmin(changed.record!) });
};

export const revokeAdmin = async (world: AdminsWorld, call: Call): Promise<Answer> => {
  const changed = await change(world, call, 'revoke');
  return 'statusCode' in changed ? changed : noContent();
};

const change = async (
  world: AdminsWorld,
  call: Call,
  type: AdminChange['type'],
): Promise<{ scopeId: string; record: AdminRecord | undefined } | Answer> => {
  const directory = kept(world);
  if ('statusCode' in directory) return directory;
  const { caller, event } = call;
  const scopeId = scopeInPath(call);
  if (scopeId === undefined) return badId('scope');
  const userId = decodePathId(event.pathParameters?.user_id ?? '');
  if (userId === undefined || !isName(userId)) return badId('user');
  const record = await changeAdmin(
    { ...directory, selfAudit: world.selfAudit },
    { scopeId, userId },
    {
      id: v7(),
      type,
      at: instantOfMilliseconds(world.nowMs()),
      ...identityOf(caller),
      via: viaOf(event),
    },
  );
  return { scopeId, record };
};
