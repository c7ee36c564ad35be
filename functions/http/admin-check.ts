/**
 * A customer's token does not prove that its user is an admin: the admin directory is asked at each request.
 */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import type { Caller } from '#domain/access/caller.ts';
import { type Answer, notAdmin } from './answer.ts';
import type { Call, Handler } from './router.ts';

export type DirectoryWorld = { adminDirectory: AdminDirectory };

/**
 * The answer to a customer who is not, or is no longer, an admin of their scope; undefined if they may
 * proceed.
 */
export const refuseNonAdmin = async (
  { adminDirectory }: DirectoryWorld,
  caller: Caller,
): Promise<Answer | undefined> =>
  caller.role === 'admin' && !(await adminDirectory.isAdmin(caller.scopeId, caller.principal))
    ? notAdmin(caller.principal)
    : undefined;

/** Wraps a handler so that customers reach it only while they are admins. */
export const asAdmin =
  <World extends DirectoryWorld>(handle: Handler<World>): Handler<World> =>
  async (world, call: Call) =>
    (await refuseNonAdmin(world, call.caller)) ?? handle(world, call);
