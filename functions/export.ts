/**
 * The door to exports, of staff and of customers: ask for one, follow it, list them, fetch the CSV and its manifest.
 * Who calls is read from what the gateway has verified; whether whoever asked is an admin, the directory says each time.
 * Asking, being refused and downloading are recorded in the log before their effect is shown.
 */
import { createHash } from 'node:crypto';
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { v7 } from 'uuid';
import { type Directory, openDirectory } from '#aws/directory.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { requireInstallation } from '#aws/installation.ts';
import { NotRecorded } from '#aws/own-log.ts';
import { type Caller, type CallerRules, callerOf, mayRead } from '#domain/caller.ts';
import { derivedId } from '#domain/derived-id.ts';
import { type ExportJob, type ExportRequest, isOpen, printJob } from '#domain/export-job.ts';
import { parseExportRequest, requesterOf } from '#domain/export-request.ts';
import { exportFileKey, manifestKey } from '#domain/layout.ts';
import { actorOf, type OwnEvent } from '#domain/own-event.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { advance, type ExportClients, type ExportWorld, type Notify, openExports } from './advance.ts';
import { type Answer, json, problem, unknownParameter } from './answer.ts';
import { answering, lambda } from './handler.ts';
import { errorFacts, log } from './log.ts';
import { logMetrics, type Metrics } from './metrics.ts';
import { topicNotifier } from './notify.ts';
import { planExport } from './plan-export.ts';
import { type ApiEvent, bodyOf, notRecorded, viaOf } from './request-context.ts';

export const linkSeconds = 300;
const pageSize = 50;

/** Mints a link to an object of the results, which authorizes itself and lives `linkSeconds`. */
export type MintLink = (key: string) => Promise<string>;

export type ExportApiWorld = {
  exports: ExportWorld;
  mintLink: MintLink;
  newId(): string;
  directory: Directory;
  callers: CallerRules;
};

export type ExportApiEvent = ApiEvent;

export const exportApi =
  (world: ExportApiWorld) =>
  async (event: ApiEvent): Promise<Answer> => {
    const caller = callerOf(event.requestContext.authorizer, world.callers);
    if (!caller)
      return problem(
        403,
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
      if (!(error instanceof NotRecorded)) throw error;
      world.exports.log('error', 'Something could not be recorded in the log', errorFacts(error));
      return notRecorded();
    }
  };

const listParameters = ['scope_id', 'cursor'];

const route = async (world: ExportApiWorld, caller: Caller, event: ApiEvent): Promise<Answer> => {
  if (event.routeKey === 'POST /v1/exports') return ask(world, caller, event);
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
      return retry(world, caller, id, event);
    case 'GET /v1/exports/{id}/manifest':
      return manifest(world, caller, id);
    case 'GET /v1/exports/{id}/download':
      return download(world, caller, id, event);
    default:
      return problem(404, 'not_found', 'There is no such route');
  }
};

const notAdmin = (userId: string): Answer =>
  problem(403, 'not_an_admin', `The user "${userId}" is not known as an admin of the scope`);

const ask = async (world: ExportApiWorld, caller: Caller, event: ApiEvent): Promise<Answer> => {
  const body = bodyOf(event);
  if ('problem' in body) return body.problem;
  const asked = parseExportRequest(body.json, caller);
  if ('problem' in asked) {
    const { status, code, message, path } = asked.problem;
    // An admin who asks for another scope's log is refused in their own log.
    if (status === 403 && caller.role === 'admin')
      await refuse(world, caller, event, {}, caller.scopeId, code);
    return problem(status, code, message, { path });
  }
  const { request, isDryRun } = asked;
  const requester = requesterOf(request);
  if (requester && !(await world.directory.isAdmin(requester.scopeId, requester.userId))) {
    await refuse(world, caller, event, request, requester.scopeId, 'not_an_admin');
    return notAdmin(requester.userId);
  }
  if (isDryRun) return preview(world, request);
  const key = event.headers['idempotency-key'];
  const id = key ? derivedId(caller.principal, request.scope_id ?? null, key) : world.newId();
  const body_sha256 = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const { jobs } = world.exports;
  const isKnown = key !== undefined && (await jobs.get(id)) !== undefined;
  if (!isKnown)
    await jobs.ask({
      type: 'asked',
      at: now(world),
      id,
      request,
      role: caller.role,
      principal: caller.principal,
      body_sha256,
      via: viaOf(event),
    });
  const job = (await carryOn(world, id))!;
  // Without its record and its heartbeat on the stream the export cannot say what it will hold.
  if (job.status === 'asked') return streamUnavailable();
  if (job.bodySha256 !== body_sha256)
    return problem(409, 'idempotency_key_reused', 'This Idempotency-Key came before with another request');
  return json(202, printJob(job), { location: `/v1/exports/${id}` });
};

const now = ({ exports }: ExportApiWorld) => instantOfMilliseconds(exports.nowMs());

const streamUnavailable = (): Answer =>
  problem(
    503,
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
  scopeId: string,
  code: string,
): Promise<void> => {
  const { requested_by = null, reason = null, from = null, to = null } = request;
  return record(world, caller, event, {
    action: 'export.request',
    target: { id: 'audit_log', type: 'audit_log' },
    scopeId,
    success: false,
    payload: { requested_by, reason, from, to, refused: code },
  });
};

const record = (
  world: ExportApiWorld,
  caller: Caller,
  event: ApiEvent,
  what: Pick<OwnEvent, 'action' | 'target' | 'scopeId' | 'success' | 'payload'>,
): Promise<void> =>
  world.exports.ownLog.record({
    ...what,
    id: world.newId(),
    at: now(world),
    actor: actorOf(caller),
    via: viaOf(event),
  });

/** What the export would take, before it runs. */
const preview = async ({ exports }: ExportApiWorld, request: ExportRequest): Promise<Answer> => {
  const { estimate } = await planExport(
    exports,
    { request, run: undefined },
    instantOfMilliseconds(exports.nowMs()),
  );
  const { scope_id = null, from = null, to = null } = request;
  return json(200, { dry_run: true, scope_id, from, to, ...estimate });
};

const list = async (
  world: ExportApiWorld,
  caller: Caller,
  parameters: Record<string, string | undefined>,
): Promise<Answer> => {
  const { cursor } = parameters;
  const scope_id = parameters.scope_id ?? (caller.role === 'admin' ? caller.scopeId : undefined);
  if (caller.role === 'admin' && !mayRead(caller, scope_id))
    return problem(403, 'forbidden', 'The token is of another scope');
  if (cursor !== undefined && !/^[0-9a-f-]{1,64}$/.test(cursor))
    return problem(400, 'invalid_cursor', 'The cursor is not one that a list has given');
  const page = await world.exports.jobs.page(scope_id, pageSize, cursor);
  const readable = page.jobs.filter(({ request }) => mayRead(caller, request.scope_id));
  return json(200, { exports: readable.map(printJob), cursor: page.cursor ?? null });
};

const noSuchExport = (): Answer => problem(404, 'not_found', 'There is no export of this id');

/** The job of an id from a path, where the caller may see it. Ids are made here, so whatever is no UUID names none. */
const find = async (world: ExportApiWorld, caller: Caller, id: string): Promise<ExportJob | undefined> => {
  const job = /^[0-9a-f-]{36}$/.test(id) ? await carryOn(world, id) : undefined;
  return job && mayRead(caller, job.request.scope_id) ? job : undefined;
};

/** Looks whether the job can go on. Where it cannot now, tick will try again; the caller is told how it stands. */
const carryOn = async ({ exports }: ExportApiWorld, id: string): Promise<ExportJob | undefined> => {
  try {
    return await advance(exports, id, 'start');
  } catch (error) {
    exports.log('error', 'An export could not be carried on', { export_id: id, ...errorFacts(error) });
    return exports.jobs.get(id);
  }
};

const show = async (world: ExportApiWorld, caller: Caller, id: string): Promise<Answer> => {
  const job = await find(world, caller, id);
  return job ? json(200, printJob(job)) : noSuchExport();
};

/** Asks for an export that failed again: the same request, by whoever calls now, over the log as it is then. */
const retry = async (world: ExportApiWorld, caller: Caller, id: string, event: ApiEvent): Promise<Answer> => {
  const job = await find(world, caller, id);
  if (!job) return noSuchExport();
  if (job.status !== 'failed')
    return problem(409, 'not_failed', `The export is ${job.status}; only one that failed can be retried`);
  const requester = requesterOf(job.request);
  if (requester && !(await world.directory.isAdmin(requester.scopeId, requester.userId))) {
    await refuse(world, caller, event, job.request, requester.scopeId, 'not_an_admin');
    return notAdmin(requester.userId);
  }
  const { jobs } = world.exports;
  await jobs.reopen(id);
  const { role, principal } = caller;
  await jobs.append(job, { type: 'retried', at: now(world), role, principal, via: viaOf(event) });
  const next = (await carryOn(world, id))!;
  return next.status === 'asked' ? streamUnavailable() : json(202, printJob(next));
};

/** The answer where a job has no file to give: it is not there, not finished, failed, or expired. */
const withFile = async (
  world: ExportApiWorld,
  caller: Caller,
  id: string,
  keyOf: (job: ExportJob) => string,
  answer: (job: ExportJob, key: string) => Promise<Answer>,
): Promise<Answer> => {
  const job = await find(world, caller, id);
  if (!job) return noSuchExport();
  if (isOpen(job) || job.status === 'failed')
    return problem(
      409,
      'not_finished',
      `The export is ${job.status}; its files are there once it has succeeded`,
    );
  const key = keyOf(job);
  if ((await world.exports.results.size(key)) === undefined)
    return problem(410, 'expired', 'The files of this export have expired; ask for a new one');
  return answer(job, key);
};

const manifest = (world: ExportApiWorld, caller: Caller, id: string): Promise<Answer> =>
  withFile(
    world,
    caller,
    id,
    job => manifestKey(job.id, job.generation),
    async (_, key) => {
      const stored = await world.exports.results.get(key);
      return stored ? json(200, JSON.parse(stored.bytes.toString())) : noSuchExport();
    },
  );

const download = (world: ExportApiWorld, caller: Caller, id: string, event: ApiEvent): Promise<Answer> =>
  withFile(
    world,
    caller,
    id,
    job => exportFileKey(job.id, job.generation, job.request.compression),
    async (job, key) => {
      // Whoever asked for it may have lost their rights since.
      const requester = requesterOf(job.request);
      const mayStill =
        caller.role === 'operator' ||
        !requester ||
        (await world.directory.isAdmin(requester.scopeId, requester.userId));
      await record(world, caller, event, {
        action: 'export.download',
        target: { id: job.id, type: 'export' },
        scopeId: job.request.scope_id,
        success: mayStill,
        payload: {
          requested_by: requester?.userId ?? null,
          ...(mayStill ? {} : { refused: 'not_an_admin' }),
        },
      });
      if (!mayStill) return notAdmin(requester!.userId);
      const expiresAt = instantOfMilliseconds(world.exports.nowMs() + linkSeconds * 1000);
      const url = await world.mintLink(key);
      if ((event.headers.accept ?? '').includes('application/json'))
        return json(200, { url, expires_at: expiresAt });
      return { statusCode: 302, headers: { location: url, 'cache-control': 'no-store' }, body: '' };
    },
  );

export const openExportApi = (
  configuration: ConfigurationOf<'export'>,
  clients: ExportClients & { lambda?: Pick<LambdaClient, 'send'> },
  mintLink: MintLink,
  metrics: Metrics,
  notify: Notify,
): ExportApiWorld => {
  const exports = openExports(configuration, clients, log, metrics, notify);
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
    const s3 = new S3Client({});
    const mintLink: MintLink = key =>
      getSignedUrl(s3, new GetObjectCommand({ Bucket: configuration.ANNALS_RESULTS, Key: key }), {
        expiresIn: linkSeconds,
      });
    const world = openExportApi(
      configuration,
      { kinesis: new KinesisClient({}), s3, athena: new AthenaClient({}), lambda: new LambdaClient({}) },
      mintLink,
      logMetrics(configuration.ANNALS_INSTALLATION),
      topicNotifier(configuration.ANNALS_NOTIFICATION_TOPIC),
    );
    await requireInstallation(world.exports.state, world.exports.buckets);
    return exportApi(world);
  }),
);
