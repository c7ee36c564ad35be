/** Calls whose path names a scope, for staff and for the admins of that scope. */
import { mayRead, readRefusal } from '#domain/access/caller.ts';
import { isName } from '#domain/event/name.ts';
import { decodePathId } from '#domain/http/path-id.ts';
import { type DirectoryWorld, refuseNonAdmin } from './admin-check.ts';
import { badId, problem } from './answer.ts';
import type { Call, Handler } from './router.ts';

/** A call whose path names a scope that the caller may read. */
export type ScopeCall = Call & { scopeId: string };

/** The scope in the path; undefined if that is not an id. */
export const scopeInPath = ({ event }: Call): string | undefined => {
  const scopeId = decodePathId(event.pathParameters?.scope_id ?? '');
  return scopeId !== undefined && isName(scopeId) ? scopeId : undefined;
};

/** Wraps a handler so that it is reached only by those who may read the scope in the path. */
export const ofScope =
  <World extends DirectoryWorld>(handle: Handler<World, ScopeCall>): Handler<World> =>
  async (world, call) => {
    const scopeId = scopeInPath(call);
    if (scopeId === undefined) return badId('scope');
    if (!mayRead(call.caller, scopeId)) return problem('forbidden', readRefusal(call.caller));
    return (await refuseNonAdmin(world, call.caller)) ?? handle(world, { ...call, scopeId });
  };
