/**
 * The door to exports, of staff and of customers: ask for one, follow it, list them, fetch the CSV and its manifest.
 * Who calls is read from what the gateway has verified; whether a customer is an admin, the directory says each time.
 */
import { createHash } from 'node:crypto';
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { v7 } from 'uuid';
import { type Directory, lambdaDirectory, stateDirectory } from '#aws/directory.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { requireInstallation } from '#aws/installation.ts';
import { type Authorizer, type Caller, type CallerRules, callerOf, mayRead } from '#domain/caller.ts';
import { type ExportJob, type ExportRequest, printJob } from '#domain/export-job.ts';
import { parseExportRequest } from '#domain/export-request.ts';
import { exportFileKey, manifestKey } from '#domain/layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { advance, type ExportClients, type ExportWorld, openExports } from './advance.ts';
import { type Answer, json, problem, unknownParameter } from './answer.ts';
import { answering, lambda } from './handler.ts';
import { errorFacts, log } from './log.ts';
import { logMetrics, type Metrics } from './metrics.ts';

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

/** What this function reads of an HTTP API's event (payload format 2.0). */
export type ExportApiEvent = {
  routeKey: string;
  headers: Record<string, string | undefined>;
  pathParameters?: Record<string, string | undefined> | undefined;
  queryStringParameters?: Record<string, string | undefined> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: { authorizer?: Authorizer };
};

export const exportApi =
  (world: ExportApiWorld) =>
  async (event: ExportApiEvent): Promise<Answer> => {
    const caller = callerOf(event.requestContext.authorizer, world.callers);
    if (
      !caller ||
      (caller.role === 'admin' && !(await world.directory.isAdmin(caller.scopeId, caller.principal)))
    )
      return problem(
        403,
        'forbidden',
        'This caller may not export; exports are for admins of the scope, support and the operator',
      );
    const id = event.pathParameters?.id ?? '';
    const parameters = event.queryStringParameters ?? {};
    const known = event.routeKey === 'GET /v1/exports' ? listParameters : [];
    const unknown = Object.keys(parameters).find(name => !known.includes(name));
    if (unknown !== undefined) return unknownParameter(unknown, known);
    switch (event.routeKey) {
      case 'POST /v1/exports':
        return ask(world, caller, event);
      case 'GET /v1/exports':
        return list(world, caller, parameters);
      case 'GET /v1/exports/{id}':
        return show(world, caller, id);
      case 'GET /v1/exports/{id}/manifest':
        return manifest(world, caller, id);
      case 'GET /v1/exports/{id}/download':
        return download(world, caller, id, event.headers.accept ?? '');
      default:
        return problem(404, 'not_found', 'There is no such route');
    }
  };

const listParameters = ['scope_id', 'cursor'];

const ask = async (
  world: ExportApiWorld,
  caller: Caller,
  { body = '', isBase64Encoded, headers }: ExportApiEvent,
): Promise<Answer> => {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return problem(400, 'invalid_json', 'The body is not JSON');
  }
  const request = parseExportRequest(sent, caller);
  if ('problem' in request) {
    const { status, code, message, path } = request.problem;
    return problem(status, code, message, { path });
  }
  const key = headers['idempotency-key'];
  const id = key ? idempotentId(caller, request, key) : world.newId();
  const body_sha256 = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  const at = instantOfMilliseconds(world.exports.nowMs());
  const isKnown = key !== undefined && (await world.exports.jobs.get(id)) !== undefined;
  if (!isKnown)
    await world.exports.jobs.ask({
      type: 'asked',
      at,
      id,
      request,
      role: caller.role,
      principal: caller.principal,
      body_sha256,
    });
  const job = (await carryOn(world, id))!;
  // Without its heartbeat on the stream the export cannot say what it will hold.
  if (job.status === 'asked')
    return problem(
      503,
      'stream_unavailable',
      'The stream does not take the request now; ask again',
      {},
      { 'retry-after': '1' },
    );
  if (job.bodySha256 !== body_sha256)
    return problem(409, 'idempotency_key_reused', 'This Idempotency-Key came before with another request');
  return json(202, printJob(job), { location: `/v1/exports/${id}` });
};

/** A repeat under the same key is the same job: its id is made from the caller, the scope and the key. */
const idempotentId = ({ principal }: Caller, { scope_id }: ExportRequest, key: string): string => {
  const digest = createHash('sha256')
    .update(JSON.stringify([principal, scope_id ?? null, key]))
    .digest();
  return v8Of(digest.subarray(0, 16));
};

/** A UUID of version 8, custom (RFC 9562 section 5.8), from 16 bytes. */
const v8Of = (bytes: Buffer): string => {
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
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

/** The answer where a job has no file to give: it is not there, not finished, failed, or expired. */
const withFile = async (
  world: ExportApiWorld,
  caller: Caller,
  id: string,
  key: string,
  answer: () => Promise<Answer>,
): Promise<Answer> => {
  const job = await find(world, caller, id);
  if (!job) return noSuchExport();
  if (job.status !== 'succeeded')
    return problem(
      409,
      'not_finished',
      `The export is ${job.status}; its files are there once it has succeeded`,
    );
  if ((await world.exports.results.size(key)) === undefined)
    return problem(410, 'expired', 'The files of this export have expired; ask for a new one');
  return answer();
};

const manifest = (world: ExportApiWorld, caller: Caller, id: string): Promise<Answer> =>
  withFile(world, caller, id, manifestKey(id), async () => {
    const stored = await world.exports.results.get(manifestKey(id));
    return stored ? json(200, JSON.parse(stored.bytes.toString())) : noSuchExport();
  });

const download = (world: ExportApiWorld, caller: Caller, id: string, accept: string): Promise<Answer> =>
  withFile(world, caller, id, exportFileKey(id), async () => {
    const expiresAt = instantOfMilliseconds(world.exports.nowMs() + linkSeconds * 1000);
    const url = await world.mintLink(exportFileKey(id));
    if (accept.includes('application/json')) return json(200, { url, expires_at: expiresAt });
    return { statusCode: 302, headers: { location: url, 'cache-control': 'no-store' }, body: '' };
  });

export const openExportApi = (
  configuration: ConfigurationOf<'export'>,
  clients: ExportClients & { lambda?: Pick<LambdaClient, 'send'> },
  mintLink: MintLink,
  metrics: Metrics,
): ExportApiWorld => {
  const exports = openExports(configuration, clients, log, metrics);
  const { ANNALS_DIRECTORY_FUNCTION, ANNALS_SCOPE_CLAIM } = configuration;
  return {
    exports,
    mintLink,
    newId: v7,
    directory:
      ANNALS_DIRECTORY_FUNCTION === ''
        ? stateDirectory(exports.state)
        : lambdaDirectory(clients.lambda!, ANNALS_DIRECTORY_FUNCTION),
    callers: {
      supportRoles: configuration.ANNALS_SUPPORT_ROLES,
      operatorRoles: configuration.ANNALS_OPERATOR_ROLES,
      scopeClaim: ANNALS_SCOPE_CLAIM,
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
    );
    await requireInstallation(world.exports.state, world.exports.buckets);
    return exportApi(world);
  }),
);
