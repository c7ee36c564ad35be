/**
 * How many events an export lacks since they were refused, and are neither sent again nor dismissed: those of
 * its scope, as far as it could be read; those of all scopes and of none in an export of everything. They are
 * counted by when they occurred, if that could be read, else by when they came; in the run of a schedule by
 * when they came.
 */
import type { Objects } from '#aws/objects.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { type RefusedEntry, scopeSha256 } from '#domain/refused/layout.ts';

/** No more than so many are counted. */
const maxCounted = 100_000;

export const countRefused = async (state: Objects, job: ExportJob): Promise<number> => {
  const { request, run } = job;
  const completeTo = job.completeTo!;
  const { from, to } = run ? { from: run.filed_from ?? undefined, to: run.filed_to } : request;
  const isCounted = ({ at, filedAt }: RefusedEntry): boolean => {
    const time = run ? filedAt : at;
    return filedAt < completeTo && (from === undefined || time >= from) && (to === undefined || time < to);
  };
  const counted = await new RefusedIndex(state).counted({
    scope: request.scope_id === undefined ? undefined : scopeSha256(request.scope_id),
    from: run ? undefined : from,
    completeTo,
    isCounted,
    atMost: maxCounted,
  });
  return Math.min(counted.size, maxCounted);
};
