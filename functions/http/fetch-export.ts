/** Fetches the results of an export: its manifest, or a link to its file. */
import { readRecord } from '#aws/state/record.ts';
import { type ExportJob, isOpen, printStatus } from '#domain/export/job.ts';
import { exportFileKey, manifestKey } from '#domain/export/layout.ts';
import { requesterOf } from '#domain/export/request.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { manifestRecord } from '#functions/workflows/write-export.ts';
import { type Answer, json, notAdmin, problem } from './answer.ts';
import { type ExportApiWorld, findExport, linkSeconds, noSuchExport, record } from './find-export.ts';
import type { Call } from './router.ts';

type ExportFile = { job: ExportJob; key: string };

/**
 * The job and the key of its file; or the answer if it has no file: not found, not finished, failed or
 * expired.
 */
const findFile = async (
  world: ExportApiWorld,
  call: Call,
  keyOf: (job: ExportJob) => string,
): Promise<ExportFile | Answer> => {
  const job = await findExport(world, call);
  if (!job) return noSuchExport();
  if (isOpen(job) || job.status === 'failed')
    return problem(
      'not_finished',
      `The export is ${printStatus(job)}; its files are there once it has succeeded`,
    );
  const key = keyOf(job);
  if ((await world.exports.results.size(key)) === undefined)
    return problem('expired', 'The files of this export have expired; ask for a new export');
  return { job, key };
};

export const showManifest = async (world: ExportApiWorld, call: Call): Promise<Answer> => {
  const found = await findFile(world, call, job => manifestKey(job.id, job.retries));
  if ('statusCode' in found) return found;
  const stored = await world.exports.results.get(found.key);
  return stored ? json<'Manifest'>(200, readRecord(stored, manifestRecord)) : noSuchExport();
};

export const downloadExport = async (world: ExportApiWorld, call: Call): Promise<Answer> => {
  const { caller, event } = call;
  const found = await findFile(world, call, job => exportFileKey(job.id, job.retries, job.request));
  if ('statusCode' in found) return found;
  const { job, key } = found;
  // The requester of the export may no longer be an admin.
  const requester = requesterOf(job.request);
  const mayStill =
    caller.role === 'operator' ||
    !requester ||
    (await world.adminDirectory.isAdmin(requester.scopeId, requester.userId));
  // HEAD makes no link, so there is no download to record.
  const isHead = event.requestContext.http.method === 'HEAD';
  if (!isHead)
    await record(world, call, {
      action: 'export.download',
      target: { id: job.id, type: 'export' },
      scopeId: job.request.scope_id,
      success: mayStill,
      payload: {
        ...(job.request.all_scopes ? { all_scopes: true } : {}),
        requested_by: requester?.userId ?? null,
        ...(mayStill ? {} : { refused: 'not_an_admin' }),
      },
    });
  if (!mayStill) return notAdmin(requester!.userId);
  const expires_at = instantOfMilliseconds(world.exports.nowMs() + linkSeconds * 1000);
  const url = isHead ? undefined : await world.mintLink(key);
  if ((event.headers.accept ?? '').includes('application/json'))
    // HEAD is answered without a body, so the missing link does not matter.
    return json<'Link'>(200, { url: url ?? '', expires_at });
  const location: Answer['headers'] = url === undefined ? {} : { location: url };
  return { statusCode: 302, headers: { ...location, 'cache-control': 'no-store' }, body: '' };
};
