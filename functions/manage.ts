/**
 * What is set and looked after: the admins of scopes, schedules, and what could not be filed. Changes are
 * recorded in the customer's log before their effect is shown.
 */
import { openDirectory } from '#aws/admin-directory.ts';
import { type Kinesis, type Lambda, openKinesis, openLambda, openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openAside, openState, openStream, requireConfigured } from '#aws/open.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { Admins } from '#aws/state/admins.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Notices } from '#aws/state/notices.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Schedules } from '#aws/state/schedules.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { type CallerRules, callerOf } from '#domain/access/caller.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { type AdminsWorld, manageAdmins } from '#functions/http/admins.ts';
import { type Answer, problem, unknownParameter } from '#functions/http/answer.ts';
import { answerTo } from '#functions/http/failure-answer.ts';
import { manageGaps } from '#functions/http/gaps.ts';
import { answering } from '#functions/http/http-handler.ts';
import { manageNotices, type NoticesWorld } from '#functions/http/notices.ts';
import { manageRefused, type RefusedWorld, refusedParameters } from '#functions/http/refused.ts';
import type { ApiEvent } from '#functions/http/request.ts';
import { manageSchedules } from '#functions/http/schedules.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';
import type { ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import type { RedriveWorld } from '#functions/workflows/redrive-gap.ts';

export type ManageWorld = RedriveWorld &
  ScheduleWorld &
  AdminsWorld &
  NoticesWorld &
  RefusedWorld & { callers: CallerRules };

/** Routes whose answers come page by page. */
const lists: ReadonlySet<string> = new Set([
  'GET /v1/gaps',
  'GET /v1/notices',
  'GET /v1/scopes/{scope_id}/admins',
  'GET /v1/scopes/{scope_id}/schedules',
]);

export const manage =
  (world: ManageWorld) =>
  async (event: ApiEvent): Promise<Answer> => {
    const { routeKey } = event;
    const caller = callerOf(event.requestContext.authorizer, world.callers);
    const isOfReaders = routeKey.includes('/schedules');
    if (!caller || (!isOfReaders && caller.role !== 'operator'))
      return problem(
        'forbidden',
        isOfReaders
          ? 'Schedules are for admins of the scope, support and the operator'
          : 'This is for the operator',
      );
    const known = routeKey === 'GET /v1/refused' ? refusedParameters : lists.has(routeKey) ? ['cursor'] : [];
    const unknown = Object.keys(event.queryStringParameters ?? {}).find(name => !known.includes(name));
    if (unknown !== undefined) return unknownParameter(unknown, known);
    try {
      if (isOfReaders) return await manageSchedules(world, caller, event);
      if (routeKey.includes('/admins')) return await manageAdmins(world, caller, event);
      if (routeKey.includes('/notices')) return await manageNotices(world, event);
      if (routeKey.includes('/refused')) return await manageRefused(world, caller, event);
      if (routeKey.includes('/gaps')) return await manageGaps(world, caller, event);
      return problem('not_found', 'There is no such route');
    } catch (error) {
      return answerTo(error, world.log);
    }
  };

export const openManage = (
  configuration: ConfigurationOf<'manage'>,
  { kinesis, s3, lambda: lambdaClient }: { kinesis: Kinesis; s3: S3; lambda?: Lambda },
  catalogue: Catalogue,
): ManageWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  const aside = openAside(s3, configuration);
  const stream = openStream(kinesis, configuration, putDeadlineMs);
  const selfAudit = new SelfAudit(stream, buckets, Date.now);
  const directoryFunction = configuration.ANNALS_DIRECTORY_FUNCTION;
  return {
    buckets,
    stream,
    gaps: new Gaps(aside, state, buckets),
    refused: new RefusedItems(aside, state),
    refusedIndex: new RefusedIndex(state),
    catalogue,
    strictness: { isStrict: configuration.ANNALS_CATALOGUE_MODE === 'strict', isPayloadStrict: false },
    watermarks: new Watermarks(state),
    admins: directoryFunction === '' ? new Admins(state) : undefined,
    schedules: new Schedules(state),
    directory: openDirectory(directoryFunction, state, lambdaClient),
    jobs: new ExportJobs(state),
    notices: new Notices(state),
    selfAudit,
    nowMs: Date.now,
    log,
    callers: {
      supportRoles: configuration.ANNALS_SUPPORT_ROLES,
      operatorRoles: configuration.ANNALS_OPERATOR_ROLES,
      scopeClaim: configuration.ANNALS_SCOPE_CLAIM,
    },
  };
};

const putDeadlineMs = 10_000;

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('manage', process.env);
    const clients = { kinesis: openKinesis(), s3: openS3(), lambda: openLambda() };
    await requireConfigured(clients.s3, configuration);
    return manage(openManage(configuration, clients, installedCatalogue));
  }),
);
