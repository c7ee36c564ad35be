/**
 * Which refused events an export lacks, of those that are neither sent again nor dismissed: those of its scope, as far
 * as that could be read; in an export of everything those of all scopes and of none. They are counted by when they
 * occurred, or by when they came if that could not be read; in a run of a schedule by when they came.
 */
import { type RefusedEntry, scopeSha256 } from '#domain/refused/layout.ts';
import type { Instant } from '#domain/time.ts';
import type { ExportJob } from './job.ts';

export type LackingRefused = {
  /** The hash of the scope's id; undefined is all of them, and none. */
  scope: string | undefined;
  /** Nothing that occurred before is counted. */
  from: Instant | undefined;
  isCounted(entry: RefusedEntry): boolean;
};

export const lackingRefused = ({
  request,
  run,
  completeTo,
}: Pick<ExportJob, 'request' | 'run' | 'completeTo'>): LackingRefused => {
  const { from, to } = run ? { from: run.filed_from ?? undefined, to: run.filed_to } : request;
  return {
    scope: request.scope_id === undefined ? undefined : scopeSha256(request.scope_id),
    from: run ? undefined : from,
    isCounted({ at, filedAt }) {
      const time = run ? filedAt : at;
      const isInWindow = (from === undefined || time >= from) && (to === undefined || time < to);
      return filedAt < completeTo! && isInWindow;
    },
  };
};
