/** Finds an export for a caller, shows it, and records what the caller did with it. */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import { type CallerRules, mayRead } from '#domain/access/caller.ts';
import { actorOf, type SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { printJob } from '#domain/export/print-job.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { type Answer, json, problem } from './answer.ts';
import { viaOf } from './request.ts';
import type { Call } from './router.ts';

export const linkSeconds = 300;

/** Returns a link to an object of the results; anyone who has the link can download it for `linkSeconds`. */
export type MintLink = (key: string) => Promise<string>;

export type ExportApiWorld = {
  exports: ExportWorld;
  mintLink: MintLink;
  newId(): string;
  adminDirectory: AdminDirectory;
  callers: CallerRules;
};

export const nowOf = ({ exports }: ExportApiWorld): Instant => instantOfMilliseconds(exports.nowMs());

export const record = (
  world: ExportApiWorld,
  { caller, event }: Call,
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

/** The job in the path, if the caller may see it. Ids are made here, so only a UUID can be one. */
export const findExport = async (
  world: ExportApiWorld,
  { caller, event }: Call,
): Promise<ExportJob | undefined> => {
  const id = event.pathParameters?.id ?? '';
  const job = /^[0-9a-f-]{36}$/.test(id) ? await advanceForCaller(world, id) : undefined;
  return job && mayRead(caller, job.request.scope_id) ? job : undefined;
};

/** Advances the job if possible. If that fails, tick retries, and the caller gets the job unchanged. */
export const advanceForCaller = async (
  { exports }: ExportApiWorld,
  id: string,
): Promise<ExportJob | undefined> => {
  try {
    return await advanceExport(exports, id, 'api');
  } catch (error) {
    exports.log('error', 'An export could not be advanced', { export_id: id, ...errorFacts(error) });
    return exports.jobs.get(id);
  }
};

export const showExport = async (world: ExportApiWorld, call: Call): Promise<Answer> => {
  const job = await findExport(world, call);
  return job ? json<'Export'>(200, printJob(job)) : noSuchExport();
};
