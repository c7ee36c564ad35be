/**
 * Serves the routes for schedules, admins, gaps, refused items and notices. A change is recorded in the
 * customer's log before anyone sees its effect.
 */

import { v7 } from 'uuid';
import { openAdminDirectory } from '#aws/admin-directory.ts';
import { callersOf } from '#aws/callers.ts';
import { type Kinesis, type Lambda, openKinesis, openLambda, openS3, type S3 } from '#aws/clients.ts';
import { openRoleAssumer } from '#aws/deliver/assume-role.ts';
import { destinationsOnAws, openDeliverySenders } from '#aws/deliver/delivery-senders.ts';
import { type ConfigurationOf, type deliveryVariables, readEnvironment } from '#aws/environment.ts';
import { openAside, openState, openStream, requireConfigured } from '#aws/open.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { Admins } from '#aws/state/admins.ts';
import { Deliveries } from '#aws/state/deliveries.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { DeliveryTests } from '#aws/state/delivery-tests.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Notices } from '#aws/state/notices.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Schedules } from '#aws/state/schedules.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import type { CallerRules } from '#domain/access/caller.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { ocsfTableOf } from '#domain/deliver/ocsf.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import { type AdminsWorld, grantAdmin, listAdmins, revokeAdmin } from '#functions/http/admins.ts';
import {
  deleteDelivery,
  listDeliveries,
  pauseDelivery,
  replayDelivery,
  resumeDelivery,
  setDelivery,
  showDelivery,
  testDelivery,
} from '#functions/http/deliveries.ts';
import type { DeliveriesWorld } from '#functions/http/delivery-calls.ts';
import { dismissGap, listGaps, redriveGap } from '#functions/http/gaps.ts';
import { answering } from '#functions/http/http-handler.ts';
import { type ImportWorld, importEvents } from '#functions/http/import-events.ts';
import { dismissNotice, listNotices, type NoticesWorld, retryNotice } from '#functions/http/notices.ts';
import {
  dismissRefused,
  listRefused,
  purgeRefused,
  type RefusedWorld,
  resendItem,
  showRefused,
} from '#functions/http/refused.ts';
import { type Handlers, serve } from '#functions/http/router.ts';
import { listRuns, startRun } from '#functions/http/schedule-runs.ts';
import { deleteSchedule, listSchedules, setSchedule, showSchedule } from '#functions/http/schedules.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';
import { logMetrics } from '#functions/runtime/metrics.ts';
import type { ScheduleWorld } from '#functions/workflows/advance-schedule.ts';
import { createBrowseWorld } from '#functions/workflows/browse-world.ts';
import { recordDeliveryNotice } from '#functions/workflows/deliver-notices.ts';
import { measureBacklog } from '#functions/workflows/measure-backlog.ts';
import type { RedriveWorld } from '#functions/workflows/redrive-gap.ts';
import { testDelivery as testDestination } from '#functions/workflows/test-delivery.ts';

export type ManageWorld = RedriveWorld &
  ScheduleWorld &
  AdminsWorld &
  DeliveriesWorld &
  ImportWorld &
  NoticesWorld &
  RefusedWorld & { callers: CallerRules };

const handlers: Handlers<'manage', ManageWorld> = {
  'GET /v1/scopes/{scope_id}/schedules': listSchedules,
  'GET /v1/scopes/{scope_id}/schedules/{id}': showSchedule,
  'PUT /v1/scopes/{scope_id}/schedules/{id}': setSchedule,
  'DELETE /v1/scopes/{scope_id}/schedules/{id}': deleteSchedule,
  'GET /v1/scopes/{scope_id}/schedules/{id}/runs': listRuns,
  'POST /v1/scopes/{scope_id}/schedules/{id}/runs': startRun,
  'GET /v1/scopes/{scope_id}/deliveries': listDeliveries,
  'GET /v1/scopes/{scope_id}/deliveries/{id}': showDelivery,
  'PUT /v1/scopes/{scope_id}/deliveries/{id}': setDelivery,
  'DELETE /v1/scopes/{scope_id}/deliveries/{id}': deleteDelivery,
  'POST /v1/scopes/{scope_id}/deliveries/{id}/test': testDelivery,
  'POST /v1/scopes/{scope_id}/deliveries/{id}/pause': pauseDelivery,
  'POST /v1/scopes/{scope_id}/deliveries/{id}/resume': resumeDelivery,
  'POST /v1/scopes/{scope_id}/deliveries/{id}/replay': replayDelivery,
  'GET /v1/scopes/{scope_id}/admins': listAdmins,
  'PUT /v1/scopes/{scope_id}/admins/{user_id}': grantAdmin,
  'DELETE /v1/scopes/{scope_id}/admins/{user_id}': revokeAdmin,
  'POST /v1/imports': importEvents,
  'GET /v1/gaps': listGaps,
  'POST /v1/gaps/{id}/redrive': redriveGap,
  'POST /v1/gaps/{id}/dismiss': dismissGap,
  'GET /v1/notices': listNotices,
  'POST /v1/notices/{id}/retry': retryNotice,
  'POST /v1/notices/{id}/dismiss': dismissNotice,
  'GET /v1/refused': listRefused,
  'GET /v1/refused/{key}': showRefused,
  'POST /v1/refused/{key}/resend': resendItem,
  'POST /v1/refused/{key}/dismiss': dismissRefused,
  'POST /v1/refused/purge': purgeRefused,
};

export const manage = (world: ManageWorld) => serve('manage', handlers, world, world);

export const openManage = (
  configuration: Omit<ConfigurationOf<'manage'>, (typeof deliveryVariables)[number]>,
  { kinesis, s3, lambda: lambdaClient }: { kinesis: Kinesis; s3: S3; lambda?: Lambda },
  catalogue: Catalogue,
): ManageWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  const aside = openAside(s3, configuration);
  const stream = openStream(kinesis, configuration, putDeadlineMs);
  const selfAudit = new SelfAudit(stream, buckets, Date.now);
  const notices = new Notices(state);
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
    adminDirectory: openAdminDirectory(directoryFunction, state, lambdaClient),
    jobs: new ExportJobs(state),
    notices,
    deliveries: new Deliveries(state, buckets),
    work: new DeliveryWork(state),
    deliveryTests: new DeliveryTests(state, Date.now),
    // The handler, and an embedded installation, put in their place what they deliver to.
    destinations: [],
    secrets: new DeliverySecrets(state, () => Promise.reject(new Error('There is no key for secrets'))),
    testDelivery: () => Promise.reject(new Error('No function delivers')),
    measureBacklog: () => Promise.reject(new Error('No function reads the log')),
    stallSeconds: defaultStallSeconds,
    selfAudit,
    // An embedded installation puts in its place what knows whether anybody is told.
    tell: notification => recordDeliveryNotice({ notices, events: 'all' }, notification),
    nowMs: Date.now,
    clock: receiverClock(Date.now, () => performance.now()),
    newId: v7,
    log,
    callers: callersOf(configuration),
  };
};

/** The destinations that deliver hands parts to, so that they can be set and tested here. */
const destinationsOf = (
  { deliveries, work, nowMs }: Pick<ManageWorld, 'deliveries' | 'work' | 'nowMs'>,
  configuration: ConfigurationOf<'manage'>,
  { s3, installation }: { s3: S3; installation: string },
): Pick<ManageWorld, 'destinations' | 'account' | 'secrets' | 'testDelivery' | 'measureBacklog'> => {
  const key = dataKeyOf(configuration.ANNALS_DELIVERY_KEY);
  const secrets = new DeliverySecrets(openState(s3, configuration), async () => key);
  const openSender = openDeliverySenders({
    secrets,
    ocsf: ocsfTableOf(installedCatalogue.actions),
    assumeRole: openRoleAssumer(),
    account: configuration.ANNALS_ACCOUNT,
    allowedPorts: configuration.ANNALS_DELIVERY_PORTS,
    nowMs,
  });
  const world = { installation, deliveries, work, openSender, nowMs, random: Math.random };
  const metrics = logMetrics(configuration.ANNALS_INSTALLATION);
  const reading = createBrowseWorld(configuration, s3, { budget, log, metrics });
  return {
    destinations: destinationsOnAws,
    account: configuration.ANNALS_ACCOUNT,
    secrets,
    testDelivery: delivery => testDestination(world, delivery),
    measureBacklog: (scopeId, from) => measureBacklog(reading, scopeId, from),
  };
};

const putDeadlineMs = 10_000;
/** API Gateway waits 30 seconds for an answer, and what is asked besides takes a part of them. */
const budget = { milliseconds: 10_000, bytesRead: 128 * 1024 * 1024 };
const defaultStallSeconds = 900;

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('manage', process.env);
    const clients = { kinesis: openKinesis(), s3: openS3(), lambda: openLambda() };
    const { id } = await requireConfigured(clients.s3, configuration);
    const world = openManage(configuration, clients, installedCatalogue);
    return manage({
      ...world,
      ...destinationsOf(world, configuration, { s3: clients.s3, installation: id }),
    });
  }),
);
