/** Lists exports: those of one scope, of all scopes together, or all that the caller may see. */
import { mayRead, readRefusal } from '#domain/access/caller.ts';
import { isName } from '#domain/event/name.ts';
import { allExportsPrefix, exportsOfScopePrefix } from '#domain/export/layout.ts';
import { printJob } from '#domain/export/print-job.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { type Answer, badCursor, badId, json, problem } from './answer.ts';
import type { ExportApiWorld } from './find-export.ts';
import type { Call } from './router.ts';
import { printUnreadable } from './unreadable.ts';

const pageSize = 50;

export const listExports = async (world: ExportApiWorld, { caller, event }: Call): Promise<Answer> => {
  const parameters = event.queryStringParameters ?? {};
  const { cursor, all_scopes } = parameters;
  if (all_scopes !== undefined && (all_scopes !== 'true' || parameters.scope_id !== undefined))
    return problem('invalid_request', 'all_scopes is "true", without a scope_id, or left out', {
      path: '/all_scopes',
    });
  if (all_scopes !== undefined && caller.role !== 'operator')
    return problem('forbidden', 'Only the operator sees the exports of all scopes');
  if (parameters.scope_id !== undefined && !isName(parameters.scope_id)) return badId('scope', false);
  const scope_id = parameters.scope_id ?? (caller.role === 'admin' ? caller.scopeId : undefined);
  if (scope_id !== undefined && !mayRead(caller, scope_id)) return problem('forbidden', readRefusal(caller));
  if (cursor !== undefined && !/^[0-9a-f-]{1,64}$/.test(cursor)) return badCursor();
  const prefix =
    scope_id === undefined && all_scopes === undefined ? allExportsPrefix : exportsOfScopePrefix(scope_id);
  const page = await world.exports.jobs.page(prefix, pageSize, cursor);
  return json<'Exports'>(200, {
    exports: page.jobs.flatMap((job): Api<'Exports'>['exports'] => {
      // Only its entry in the index can be read, and the caller may see that.
      if ('error' in job) return [printUnreadable(job, world.exports.log)];
      return mayRead(caller, job.request.scope_id) ? [printJob(job)] : [];
    }),
    cursor: page.cursor ?? null,
  });
};
