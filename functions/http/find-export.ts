/**
 * What asking for exports and fetching them have in common: their world, finding a job, and recording what
 * was done.
 */
import type { Directory } from '#aws/admin-directory.ts';
import { type Caller, type CallerRules, mayRead } from '#domain/access/caller.ts';
import { actorOf, type SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { type Answer, problem } from './answer.ts';
import { type ApiEvent, viaOf } from './request.ts';

export const linkSeconds = 300;

/** Mints a link to an object of the results, which authorizes itself and lives `linkSeconds`. */
export type MintLink = (key: string) => Promise<string>;

export type ExportApiWorld = {
  exports: ExportWorld;
  mintLink: MintLink;
  newId(): string;
  directory: Directory;
  callers: CallerRules;
};

export const nowOf = ({ exports }: ExportApiWorld): Instant => instantOfMilliseconds(exports.nowMs());

export const record = (
  world: ExportApiWorld,
  caller: Caller,
  event: ApiEvent,
  what: Pick<SelfAuditEvent, 'action' | 'target' | 'scopeId' | 'success' | 'payload'>,
): Promise<void> =>
  world.exports.selfAudit.record({
    ...what,
    id: world.newId(),
    at: nowOf(world),
    actor: actorOf(caller),
    via: viaOf(event),
  });

export const noSuchExport = (): Answer => problem('not_found', 'There is no export of this id');

/** The job of an id from a path, where the caller may see it. Ids are made here, so whatever is no UUID names none. */
export const findExport = async (
  world: ExportApiWorld,
  caller: Caller,
  id: string,
): Promise<ExportJob | undefined> => {
  const job = /^[0-9a-f-]{36}$/.test(id) ? await advanceForCaller(world, id) : undefined;
  return job && mayRead(caller, job.request.scope_id) ? job : undefined;
};

/** Looks whether the job can go on. Where it cannot now, tick will try again; the caller is told how it stands. */
export const advanceForCaller = async (
  { exports }: ExportApiWorld,
  id: string,
): Promise<ExportJob | undefined> => {
  try {
    return await advanceExport(exports, id, 'api');
  } catch (error) {
    exports.log('error', 'An export could not be carried on', { export_id: id, ...errorFacts(error) });
    return exports.jobs.get(id);
  }
};
