/**
 * Requests an export, estimates one, and retries a failed one. The admin directory decides whether the
 * requester is an admin. The request, or its refusal, is recorded in the log before anyone sees its effect.
 */
import { createHash } from 'node:crypto';
import { identityOf } from '#domain/access/caller.ts';
import { answerableTo } from '#domain/archive/watermark.ts';
import { derivedId } from '#domain/derived-id.ts';
import { isName, maxNameCharacters } from '#domain/event/name.ts';
import { type ExportRequest, printStatus } from '#domain/export/job.ts';
import { printJob } from '#domain/export/print-job.ts';
import { parseExportRequest, requesterOf } from '#domain/export/request.ts';
import type { ProblemCode } from '#domain/http/problem.ts';
import { bucketsOf, planExport } from '#functions/workflows/plan-export.ts';
import { type Answer, json, notAdmin, problem, refuseRequest, retryLater } from './answer.ts';
import {
  advanceForCaller,
  type ExportApiWorld,
  findExport,
  noSuchExport,
  nowOf,
  record,
} from './find-export.ts';
import { bodyOf, viaOf } from './request.ts';
import type { Call } from './router.ts';

export const askForExport = async (world: ExportApiWorld, call: Call): Promise<Answer> => {
  const { caller, event } = call;
  const key = event.headers['idempotency-key'];
  if (key !== undefined && !isName(key)) return badKey();
  const body = bodyOf(event);
  if ('problem' in body) return body.problem;
  const asked = parseExportRequest(body.json, caller);
  if ('problem' in asked) {
    const { code, path } = asked.problem;
    const request: ExportRequest = path === '/all_scopes' ? { all_scopes: true } : {};
    // If an admin asks for another scope's log, the refusal is recorded in their own scope's log; if support
    // asks, in the installation's.
    const scopeId = caller.role === 'admin' ? caller.scopeId : undefined;
    if (code === 'forbidden') await recordRefusal(world, call, { request, scopeId, code });
    return refuseRequest(asked.problem);
  }
  const { request, isDryRun } = asked;
  const refusal = (await refuseRequester(world, call, request)) ?? (await refuseCompleteTo(world, request));
  if (refusal) return refusal;
  if (isDryRun) return estimate(world, request);
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
  // Until its record and its heartbeats are on the stream, it is not known what the export will contain.
  if (job.status === 'created') return streamUnavailable();
  if (job.bodySha256 !== body_sha256)
    return problem('idempotency_key_reused', 'This Idempotency-Key came before with another request');
  return json<'Export'>(202, printJob(job), { location: `/v1/exports/${id}` });
};

/** Retries a failed export: the same request, by the present caller, over the log as it is now. */
export const retryExport = async (world: ExportApiWorld, call: Call): Promise<Answer> => {
  const { caller, event } = call;
  const job = await findExport(world, call);
  if (!job) return noSuchExport();
  if (job.status !== 'failed')
    return problem('not_failed', `The export is ${printStatus(job)}; only one that failed can be retried`);
  const refusal = await refuseRequester(world, call, job.request);
  if (refusal) return refusal;
  const { jobs } = world.exports;
  await jobs.reopen(job.id);
  await jobs.append(job, { type: 'retried', at: nowOf(world), ...identityOf(caller), via: viaOf(event) });
  const next = (await advanceForCaller(world, job.id))!;
  return next.status === 'created' ? streamUnavailable() : json<'Export'>(202, printJob(next));
};

const badKey = (): Answer =>
  problem(
    'invalid_idempotency_key',
    `The Idempotency-Key has 1 to ${maxNameCharacters} characters; leave the header out without one`,
  );

const streamUnavailable = (): Answer =>
  retryLater('stream_unavailable', 'The stream does not take the request now; retry');

/**
 * Records the refusal and returns its answer if the requester is not an admin of the scope; undefined if they
 * are.
 */
const refuseRequester = async (
  world: ExportApiWorld,
  call: Call,
  request: ExportRequest,
): Promise<Answer | undefined> => {
  const requester = requesterOf(request);
  if (!requester || (await world.adminDirectory.isAdmin(requester.scopeId, requester.userId)))
    return undefined;
  await recordRefusal(world, call, { request, scopeId: requester.scopeId, code: 'not_an_admin' });
  return notAdmin(requester.userId);
};

/** An export cannot hold what is not filed yet; undefined if the log is complete up to the request's `complete_to`. */
const refuseCompleteTo = async (
  { exports }: ExportApiWorld,
  request: ExportRequest,
): Promise<Answer | undefined> => {
  const asked = request.complete_to;
  if (asked === undefined) return undefined;
  const now = answerableTo(await exports.watermarks.all(), bucketsOf(exports, { request }));
  if (now !== undefined && asked <= now) return undefined;
  return refuseRequest({
    code: 'invalid_request',
    message:
      now === undefined
        ? 'The log is not complete up to any time yet; leave complete_to out'
        : `The log is complete up to ${now}: expected at most that; leave complete_to out for all up to now`,
    path: '/complete_to',
  });
};

type RefusedExport = { request: ExportRequest; scopeId: string | undefined; code: ProblemCode };

/** Records a refusal in the log, before the caller is answered. */
const recordRefusal = (
  world: ExportApiWorld,
  call: Call,
  { request, scopeId, code }: RefusedExport,
): Promise<void> => {
  const { all_scopes, requested_by = null, reason = null, from = null, to = null } = request;
  return record(world, call, {
    action: 'export.request',
    target: { id: 'audit_log', type: 'audit_log' },
    scopeId,
    success: false,
    payload: { all_scopes, requested_by, reason, from, to, refused: code },
  });
};

/** Estimates what the export would read and cost, without running it. */
const estimate = async (world: ExportApiWorld, request: ExportRequest): Promise<Answer> => {
  const plan = await planExport(
    world.exports,
    { request, run: undefined },
    { completeTo: request.complete_to ?? nowOf(world) },
  );
  const { scope_id = null, all_scopes, from = null, to = null } = request;
  return json<'Estimate'>(200, { dry_run: true, scope_id, all_scopes, from, to, ...plan.estimate });
};
