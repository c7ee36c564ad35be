/** The event that an export records in the log of its scope: that it was requested, or how it ended. */
import { actorOf, type SelfAuditEvent, selfAuditActor } from '#domain/access/self-audit-event.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { ExportJob } from './job.ts';

const aboutJob = ({ id, request, run }: ExportJob) => ({
  target: { id, type: 'export' },
  scopeId: request.scope_id,
  about: {
    ...(request.all_scopes ? { all_scopes: true } : {}),
    requested_by: request.requested_by ?? null,
    reason: request.reason ?? null,
    from: request.from ?? null,
    to: request.to ?? null,
    ...(request.filter ? { filter: request.filter } : {}),
    ...(request.complete_to === undefined ? {} : { complete_to: request.complete_to }),
    ...(request.format ? { format: request.format } : {}),
    ...(run ? { schedule: run } : {}),
  },
});

/** The event that an intent of a job records in the log, from the stored job alone. */
export const selfAuditEventOf = (job: ExportJob): SelfAuditEvent => {
  const { target, scopeId, about } = aboutJob(job);
  const of = (action: 'request' | 'complete' | 'fail') => ({
    action: `export.${action}` as const,
    id: derivedId('export', job.id, job.retries, action),
    at: job.since,
    target,
    scopeId,
  });
  switch (job.status) {
    case 'created':
      return {
        ...of('request'),
        actor: job.run && !job.isByHand ? selfAuditActor : actorOf(job),
        success: true,
        payload: about,
        via: job.via,
      };
    case 'completing': {
      const { sha256, rows, duplicates, conflicts, reused_ids, gaps, bytes } = job.result!;
      const payload = { ...about, rows, duplicates, conflicts, reused_ids, gaps, bytes, sha256 };
      return { ...of('complete'), actor: selfAuditActor, success: true, payload, via: undefined };
    }
    case 'failing':
      return {
        ...of('fail'),
        actor: selfAuditActor,
        success: false,
        payload: { ...about, ...job.failure! },
        via: undefined,
      };
    default:
      throw new Error(`"${job.status}" is not an intent`);
  }
};
