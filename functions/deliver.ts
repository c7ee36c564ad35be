/**
 * Runs every minute, and hands over what was filed for each delivery. Two runs may overlap: a lease has each delivery
 * worked on by one of them, so destinations that hang in one run do not hold up what the next one does.
 */
import { openAdminDirectory } from '#aws/admin-directory.ts';
import { type Kinesis, type Lambda, openKinesis, openLambda, openS3, type S3 } from '#aws/clients.ts';
import { openRoleAssumer } from '#aws/deliver/assume-role.ts';
import { openDeliverySenders } from '#aws/deliver/delivery-senders.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openState, openStream, requireConfigured } from '#aws/open.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { Deliveries } from '#aws/state/deliveries.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { Leases } from '#aws/state/leases.ts';
import { Notices } from '#aws/state/notices.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import type { KeyWindow } from '#domain/deliver/key-window.ts';
import { ocsfTableOf } from '#domain/deliver/ocsf.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';
import { logMetrics } from '#functions/runtime/metrics.ts';
import { createBrowseWorld } from '#functions/workflows/browse-world.ts';
import { type DeliverMemory, deliverAll, noDeliverMemory } from '#functions/workflows/deliver-all.ts';
import { recordDeliveryNotice } from '#functions/workflows/deliver-notices.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';

/** Longer than Lambda lets a run go on. */
const leaseMs = 6 * 60_000;
/** No turn begins with less time than this left: a turn takes a minute. */
const reservedMs = 90_000;
/** Turns that are still sending end with this much time left, and record why. */
const endingMs = 15_000;
/** 16 turns at once each hold a run, and what it is made from. */
const limits = { rows: 50_000, textBytes: 32 * 1024 * 1024 };
const keyWindowBytes = 256 * 1024 * 1024;
const putDeadlineMs = 10_000;
const unbounded = { milliseconds: Number.POSITIVE_INFINITY, bytesRead: Number.POSITIVE_INFINITY };

/** A delivery that fails is logged and counted, and does not fail the run. */
export const deliver =
  (world: DeliverWorld, memory: DeliverMemory) =>
  async (_event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - endingMs));
    const mayBegin = (): boolean => context.getRemainingTimeInMillis() > reservedMs;
    let more = true;
    while (more && mayBegin()) more = (await deliverAll(world, memory, { mayBegin, signal })).more;
  };

export const createDeliverWorld = (
  configuration: ConfigurationOf<'deliver'>,
  { kinesis, s3, lambda: lambdaClient }: { kinesis: Kinesis; s3: S3; lambda?: Lambda },
  { installation, metrics }: Pick<DeliverWorld, 'installation' | 'metrics'>,
): DeliverWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  const secrets = new DeliverySecrets(state, async () => dataKeyOf(configuration.ANNALS_DELIVERY_KEY));
  const ocsf = ocsfTableOf(installedCatalogue.actions);
  return {
    // A turn ends by its time, not by what it has read.
    ...createBrowseWorld(configuration, s3, { budget: unbounded, log, metrics }),
    deliveries: new Deliveries(state, buckets),
    work: new DeliveryWork(state),
    installation,
    tell: notification => recordDeliveryNotice({ notices: new Notices(state), events: 'all' }, notification),
    selfAudit: new SelfAudit(openStream(kinesis, configuration, putDeadlineMs), buckets, Date.now),
    adminDirectory: openAdminDirectory(configuration.ANNALS_DIRECTORY_FUNCTION, state, lambdaClient),
    secrets,
    openSender: openDeliverySenders({
      secrets,
      ocsf,
      assumeRole: openRoleAssumer(),
      account: configuration.ANNALS_ACCOUNT,
      allowedPorts: configuration.ANNALS_DELIVERY_PORTS,
      nowMs: Date.now,
    }),
    leases: new Leases(state, Date.now),
    leaseMs,
    limits,
    ocsf,
    keyWindows: new LeastRecentlyUsed<KeyWindow>(keyWindowBytes),
    stallSeconds: configuration.ANNALS_STALL_SECONDS,
    random: Math.random,
    metrics,
  };
};

export const handler = lambda(async () => {
  const configuration = readEnvironment('deliver', process.env);
  const clients = { kinesis: openKinesis(), s3: openS3(), lambda: openLambda() };
  const { id } = await requireConfigured(clients.s3, configuration);
  const metrics = logMetrics(configuration.ANNALS_INSTALLATION);
  return deliver(
    createDeliverWorld(configuration, clients, { installation: id, metrics }),
    noDeliverMemory(),
  );
});
