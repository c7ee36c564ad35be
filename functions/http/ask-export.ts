/**
 * Asking for an export, for what it would take, and again for one that failed. Whether whoever asked is an admin, the
 * directory says; asking and being refused are recorded in the log before their effect is shown.
 */
import { createHash } from 'node:crypto';
import { type Caller, identityOf } from '#domain/access/caller.ts';
import { derivedId } from '#domain/derived-id.ts';
import { isName, maxNameCharacters } from '#domain/event/name.ts';
import { type ExportRequest, printStatus } from '#domain/export/job.ts';
import { printJob } from '#domain/export/print-job.ts';
import { parseExportRequest, requesterOf } from '#domain/export/request.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { planExport } from '#functions/workflows/plan-export.ts';
import { type Answer, json, notAdmin, problem, refuseRequest } from './answer.ts';
import {
  advanceForCaller,
  type ExportApiWorld,
  findExport,
  noSuchExport,
  nowOf,
  record,
} from './find-export.ts';
import { type ApiEvent, bodyOf, viaOf } from './request.ts';

export const askForExport = async (
  world: ExportApiWorld,
  caller: Caller,
  event: ApiEvent,
): Promise<Answer> => {
  const key = event.headers['idempotency-key'];
  if (key !== undefined && !isName(key)) return badKey();
  const body = bodyOf(event);
  if ('problem' in body) return body.problem;
  const asked = parseExportRequest(body.json, caller);
  if ('problem' in asked) {
    const { code, path } = asked.problem;
    const wanted: ExportRequest = path === '/all_scopes' ? { all_scopes: true } : {};
    // An admin who asks for another log is refused in their own, support that asks for all in the installation's.
    if (code === 'forbidden')
      await refuse(world, caller, event, wanted, caller.role === 'admin' ? caller.scopeId : undefined, code);
    return refuseRequest(asked.problem);
  }
  const { request, isDryRun } = asked;
  const requester = requesterOf(request);
  if (requester && !(await world.directory.isAdmin(requester.scopeId, requester.userId))) {
    await refuse(world, caller, event, request, requester.scopeId, 'not_an_admin');
    return notAdmin(requester.userId);
  }
  if (isDryRun) return preview(world, request);
  const id = key !== undefined ? derivedId(caller.principal, request.scope_id ?? null, key) : world.newId();
  const body_sha256 = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const { jobs } = world.exports;
  const isKnown = key !== undefined && (await jobs.get(id)) !== undefined;
  if (!isKnown)
    await jobs.create({
      type: 'asked',
      at: nowOf(world),
      id,
      request,
      ...identityOf(caller),
      body_sha256,
      via: viaOf(event),
    });
  const job = (await advanceForCaller(world, id))!;
  // Without its record and its heartbeat on the stream the export cannot say what it will hold.
  if (job.status === 'created') return streamUnavailable();
  if (job.bodySha256 !== body_sha256)
    return problem('idempotency_key_reused', 'This Idempotency-Key came before with another request');
  return json(202, printJob(job), { location: `/v1/exports/${id}` });
};

/** Asks for an export that failed again: the same request, by whoever calls now, over the log as it is then. */
export const retryExport = async (
  world: ExportApiWorld,
  caller: Caller,
  id: string,
  event: ApiEvent,
): Promise<Answer> => {
  const job = await findExport(world, caller, id);
  if (!job) return noSuchExport();
  if (job.status !== 'failed')
    return problem('not_failed', `The export is ${printStatus(job)}; only one that failed can be retried`);
  const requester = requesterOf(job.request);
  if (requester && !(await world.directory.isAdmin(requester.scopeId, requester.userId))) {
    await refuse(world, caller, event, job.request, requester.scopeId, 'not_an_admin');
    return notAdmin(requester.userId);
  }
  const { jobs } = world.exports;
  await jobs.reopen(id);
  await jobs.append(job, { type: 'retried', at: nowOf(world), ...identityOf(caller), via: viaOf(event) });
  const next = (await advanceForCaller(world, id))!;
  return next.status === 'created' ? streamUnavailable() : json(202, printJob(next));
};

const badKey = (): Answer =>
  problem(
    'invalid_idempotency_key',
    `The Idempotency-Key has 1 to ${maxNameCharacters} characters; leave the header out if there is none`,
  );

const streamUnavailable = (): Answer =>
  problem(
    'stream_unavailable',
    'The stream does not take the request now; ask again',
    {},
    { 'retry-after': '1' },
  );

/** Records in the log that somebody was refused, before they are told so. */
const refuse = (
  world: ExportApiWorld,
  caller: Caller,
  event: ApiEvent,
  request: ExportRequest,
  scopeId: string | undefined,
  code: string,
): Promise<void> => {
  const { all_scopes, requested_by = null, reason = null, from = null, to = null } = request;
  return record(world, caller, event, {
    action: 'export.request',
    target: { id: 'audit_log', type: 'audit_log' },
    scopeId,
    success: false,
    payload: { all_scopes, requested_by, reason, from, to, refused: code },
  });
};

/** What the export would take, before it runs. */
const preview = async ({ exports }: ExportApiWorld, request: ExportRequest): Promise<Answer> => {
  const { estimate } = await planExport(
    exports,
    { request, run: undefined },
    instantOfMilliseconds(exports.nowMs()),
  );
  const { scope_id = null, all_scopes, from = null, to = null } = request;
  return json(200, { dry_run: true, scope_id, all_scopes, from, to, ...estimate });
};
