/**
 * The door to exports, of staff and of customers: ask for one, follow it, list them, fetch the CSV and its
 * manifest. Who calls is read from what the gateway has verified; whether whoever asked is an admin, the
 * directory says each time.
 */
import { v7 } from 'uuid';
import { openDirectory } from '#aws/admin-directory.ts';
import { type Lambda, openAthena, openKinesis, openLambda, openS3 } from '#aws/clients.ts';
import { downloadLinks } from '#aws/download-link.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { requireConfigured } from '#aws/open.ts';
import { readRecord } from '#aws/state/record.ts';
import { type Caller, callerOf, mayRead } from '#domain/access/caller.ts';
import { isName } from '#domain/event/name.ts';
import { type ExportJob, isOpen, printStatus } from '#domain/export/job.ts';
import { allExportsPrefix, exportFileKey, exportsOfScopePrefix, manifestKey } from '#domain/export/layout.ts';
import { printJob } from '#domain/export/print-job.ts';
import { requesterOf } from '#domain/export/request.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import {
  type Answer,
  badCursor,
  badId,
  json,
  notAdmin,
  problem,
  unknownParameter,
} from '#functions/http/answer.ts';
import { askForExport, retryExport } from '#functions/http/ask-export.ts';
import { answerTo } from '#functions/http/failure-answer.ts';
import {
  type ExportApiWorld,
  findExport,
  linkSeconds,
  type MintLink,
  noSuchExport,
  record,
} from '#functions/http/find-export.ts';
import { answering } from '#functions/http/http-handler.ts';
import type { ApiEvent } from '#functions/http/request.ts';
import { printUnreadable } from '#functions/http/unreadable.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';
import { logMetrics } from '#functions/runtime/metrics.ts';
import {
  createExportWorld,
  type ExportClients,
  type ExportOutputs,
} from '#functions/workflows/export-world.ts';
import { topicSender } from '#functions/workflows/notify.ts';
import { manifestRecord } from '#functions/workflows/write-export.ts';

const pageSize = 50;

export const exportApi =
  (world: ExportApiWorld) =>
  async (event: ApiEvent): Promise<Answer> => {
    const caller = callerOf(event.requestContext.authorizer, world.callers);
    if (!caller)
      return problem(
        'forbidden',
        'This role may not export; exports are for admins of the scope, support and the operator',
      );
    const parameters = event.queryStringParameters ?? {};
    const known = event.routeKey === 'GET /v1/exports' ? listParameters : [];
    const unknown = Object.keys(parameters).find(name => !known.includes(name));
    if (unknown !== undefined) return unknownParameter(unknown, known);
    try {
      return await route(world, caller, event);
    } catch (error) {
      return answerTo(error, world.exports.log);
    }
  };

const listParameters = ['scope_id', 'all_scopes', 'cursor'];

const route = async (world: ExportApiWorld, caller: Caller, event: ApiEvent): Promise<Answer> => {
  if (event.routeKey === 'POST /v1/exports') return askForExport(world, caller, event);
  // An admin is one at each request, or has no door.
  if (caller.role === 'admin' && !(await world.directory.isAdmin(caller.scopeId, caller.principal)))
    return notAdmin(caller.principal);
  const id = event.pathParameters?.id ?? '';
  switch (event.routeKey) {
    case 'GET /v1/exports':
      return list(world, caller, event.queryStringParameters ?? {});
    case 'GET /v1/exports/{id}':
      return show(world, caller, id);
    case 'POST /v1/exports/{id}/retry':
      return retryExport(world, caller, id, event);
    case 'GET /v1/exports/{id}/manifest':
      return manifest(world, caller, id);
    case 'GET /v1/exports/{id}/download':
      return download(world, caller, id, event);
    default:
      return problem('not_found', 'There is no such route');
  }
};

const list = async (
  world: ExportApiWorld,
  caller: Caller,
  parameters: Record<string, string | undefined>,
): Promise<Answer> => {
  const { cursor, all_scopes } = parameters;
  if (all_scopes !== undefined && (all_scopes !== 'true' || parameters.scope_id !== undefined))
    return problem('invalid_request', 'all_scopes is "true", without a scope_id, or left out', {
      path: '/all_scopes',
    });
  if (all_scopes !== undefined && caller.role !== 'operator')
    return problem('forbidden', 'Only the operator sees the exports of all scopes');
  if (parameters.scope_id !== undefined && !isName(parameters.scope_id)) return badId('scope', false);
  const scope_id = parameters.scope_id ?? (caller.role === 'admin' ? caller.scopeId : undefined);
  if (caller.role === 'admin' && !mayRead(caller, scope_id))
    return problem('forbidden', 'The token is of another scope');
  if (cursor !== undefined && !/^[0-9a-f-]{1,64}$/.test(cursor)) return badCursor();
  const prefix =
    scope_id === undefined && all_scopes === undefined ? allExportsPrefix : exportsOfScopePrefix(scope_id);
  const page = await world.exports.jobs.page(prefix, pageSize, cursor);
  return json(200, {
    exports: page.jobs.flatMap((job): object[] => {
      // What can be read of it is the index that it stands in, which is the caller's.
      if ('error' in job) return [printUnreadable(job, world.exports.log)];
      return mayRead(caller, job.request.scope_id) ? [printJob(job)] : [];
    }),
    cursor: page.cursor ?? null,
  });
};

const show = async (world: ExportApiWorld, caller: Caller, id: string): Promise<Answer> => {
  const job = await findExport(world, caller, id);
  return job ? json(200, printJob(job)) : noSuchExport();
};

/** The answer where a job has no file to give: it is not there, not finished, failed, or expired. */
const withFile = async (
  world: ExportApiWorld,
  caller: Caller,
  id: string,
  keyOf: (job: ExportJob) => string,
  answer: (job: ExportJob, key: string) => Promise<Answer>,
): Promise<Answer> => {
  const job = await findExport(world, caller, id);
  if (!job) return noSuchExport();
  if (isOpen(job) || job.status === 'failed')
    return problem(
      'not_finished',
      `The export is ${printStatus(job)}; its files are there once it has succeeded`,
    );
  const key = keyOf(job);
  if ((await world.exports.results.size(key)) === undefined)
    return problem('expired', 'The files of this export have expired; ask for a new one');
  return answer(job, key);
};

const manifest = (world: ExportApiWorld, caller: Caller, id: string): Promise<Answer> =>
  withFile(
    world,
    caller,
    id,
    job => manifestKey(job.id, job.retries),
    async (_, key) => {
      const stored = await world.exports.results.get(key);
      return stored ? json(200, readRecord(stored, manifestRecord)) : noSuchExport();
    },
  );

const download = (world: ExportApiWorld, caller: Caller, id: string, event: ApiEvent): Promise<Answer> =>
  withFile(
    world,
    caller,
    id,
    job => exportFileKey(job.id, job.retries, job.request),
    async (job, key) => {
      // Whoever asked for it may have lost their rights since.
      const requester = requesterOf(job.request);
      const mayStill =
        caller.role === 'operator' ||
        !requester ||
        (await world.directory.isAdmin(requester.scopeId, requester.userId));
      // Nothing is given out to HEAD: no link is made, and there is no download to record.
      const isHead = event.requestContext.http.method === 'HEAD';
      if (!isHead)
        await record(world, caller, event, {
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
      const expiresAt = instantOfMilliseconds(world.exports.nowMs() + linkSeconds * 1000);
      const link = isHead ? undefined : await world.mintLink(key);
      if ((event.headers.accept ?? '').includes('application/json'))
        return json(200, { url: link, expires_at: expiresAt });
      const location: Answer['headers'] = link === undefined ? {} : { location: link };
      return { statusCode: 302, headers: { ...location, 'cache-control': 'no-store' }, body: '' };
    },
  );

export const openExportApi = (
  configuration: ConfigurationOf<'export'>,
  clients: ExportClients & { lambda?: Lambda },
  { mintLink, ...outputs }: ExportOutputs & { mintLink: MintLink },
): ExportApiWorld => {
  const exports = createExportWorld(configuration, clients, outputs);
  return {
    exports,
    mintLink,
    newId: v7,
    directory: openDirectory(configuration.ANNALS_DIRECTORY_FUNCTION, exports.state, clients.lambda),
    callers: {
      supportRoles: configuration.ANNALS_SUPPORT_ROLES,
      operatorRoles: configuration.ANNALS_OPERATOR_ROLES,
      scopeClaim: configuration.ANNALS_SCOPE_CLAIM,
    },
  };
};

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('export', process.env);
    const s3 = openS3();
    await requireConfigured(s3, configuration);
    return exportApi(
      openExportApi(
        configuration,
        { kinesis: openKinesis(), s3, athena: openAthena(), lambda: openLambda() },
        {
          mintLink: downloadLinks(s3, configuration.ANNALS_RESULTS, linkSeconds),
          send: topicSender(configuration.ANNALS_NOTIFICATION_TOPIC),
          log,
          metrics: logMetrics(configuration.ANNALS_INSTALLATION),
        },
      ),
    );
  }),
);
