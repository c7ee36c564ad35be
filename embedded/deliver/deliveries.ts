/** Delivers in the background: when something was filed, at every tick, and when a delivery has changed. */
import { join } from 'node:path';
import type { AdminDirectory } from '#aws/admin-directory.ts';
import type { S3 } from '#aws/clients.ts';
import { openState } from '#aws/open.ts';
import type { SelfAudit } from '#aws/self-audit.ts';
import { Deliveries } from '#aws/state/deliveries.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { DeliveryTests } from '#aws/state/delivery-tests.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { readInstallation } from '#aws/state/installation.ts';
import { Leases } from '#aws/state/leases.ts';
import type { AllowedTargets } from '#domain/deliver/allowed-targets.ts';
import type { KeyWindow } from '#domain/deliver/key-window.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { deliveryKeyAt, deliveryKeyName } from '#embedded/access/delivery-key.ts';
import type { DeliveriesWorld } from '#functions/http/delivery-calls.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import type { BrowseWorld } from '#functions/workflows/browse-world.ts';
import { type DeliverMemory, deliverAll } from '#functions/workflows/deliver-all.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import { testDelivery } from '#functions/workflows/test-delivery.ts';
import { senderOpener } from './senders.ts';

/** Half of what a Lambda takes, since the process has other things in memory. */
const limits = { rows: 50_000, textBytes: 32 * 1024 * 1024 };
const keyWindowBytes = 256 * 1024 * 1024;

export type DeliveriesOptions = {
  configuration: Parameters<typeof openState>[1];
  s3: S3;
  /** The data directory, and where it keeps unfinished files. */
  data: { root: string; temporary: string };
  /** What reads the log; its caches are shared. */
  browse: BrowseWorld;
  selfAudit: SelfAudit;
  adminDirectory: AdminDirectory;
  stallSeconds: number;
  metrics: Metrics;
  /** What the catalogue says of actions in OCSF. */
  ocsf: DeliverWorld['ocsf'];
  /** What HTTPS deliveries may connect to besides public addresses on port 443. */
  allowed: AllowedTargets | undefined;
  /** Runs the work in the background, once at a time. */
  onceAtATime(name: string, work: () => Promise<unknown>): () => void;
};

/** What manage needs of it, how to wake it, and how to stop it. */
export const startDeliveries = async ({
  configuration,
  s3,
  data,
  browse,
  selfAudit,
  adminDirectory,
  stallSeconds,
  metrics,
  ocsf,
  allowed,
  onceAtATime,
}: DeliveriesOptions) => {
  const state = openState(s3, configuration);
  const secrets = new DeliverySecrets(state, deliveryKeyAt(join(data.root, deliveryKeyName), data.temporary));
  const world: DeliverWorld = {
    ...browse,
    deliveries: new Deliveries(state, browse.buckets),
    work: new DeliveryWork(state),
    installation: (await readInstallation(state)).id ?? 'annals',
    selfAudit,
    adminDirectory,
    secrets,
    openSender: senderOpener({ root: data.root, secrets, ocsf, allowed }),
    leases: new Leases(state, Date.now),
    // The process that had it before is dead: it holds the data directory alone.
    leaseMs: 0,
    limits,
    ocsf,
    keyWindows: new LeastRecentlyUsed<KeyWindow>(keyWindowBytes),
    stallSeconds,
    random: Math.random,
    metrics,
  };
  const memory: DeliverMemory = {
    owners: new LeastRecentlyUsed(10_000),
    known: new Map(),
    served: new Map(),
    failing: new Map(),
    orphans: new Map(),
  };
  const ending = new AbortController();
  const wake = onceAtATime('deliver', async () => {
    const mayBegin = (): boolean => !ending.signal.aborted;
    const { more } = await deliverAll(world, memory, { mayBegin, signal: ending.signal });
    if (more) wake();
  });
  const managing: Pick<
    DeliveriesWorld,
    'deliveries' | 'work' | 'secrets' | 'deliveryTests' | 'destinations' | 'testDelivery' | 'wakeDeliveries'
  > = {
    deliveries: world.deliveries,
    work: world.work,
    secrets,
    deliveryTests: new DeliveryTests(state, Date.now),
    destinations: ['directory', 'https'],
    testDelivery: delivery => testDelivery(world, delivery),
    wakeDeliveries: wake,
  };
  return {
    world,
    managing,
    wake,
    stop(): void {
      ending.abort();
    },
  };
};
