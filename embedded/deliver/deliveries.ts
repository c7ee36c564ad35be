/**
 * Delivers in the background: when something was filed, at every tick, and when a delivery has changed. A look
 * gives turns to those that have none, so it does not wait for a receiver that hangs.
 */
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
import { bucketOf } from '#domain/archive/bucket.ts';
import type { AllowedTargets } from '#domain/deliver/allowed-targets.ts';
import type { KeyWindow } from '#domain/deliver/key-window.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { deliveryKeyAt, deliveryKeyName } from '#embedded/access/delivery-key.ts';
import type { DeliveriesWorld } from '#functions/http/delivery-calls.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import type { BrowseWorld } from '#functions/workflows/browse-world.ts';
import { deliverAll, noDeliverMemory } from '#functions/workflows/deliver-all.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import { measureBacklog } from '#functions/workflows/measure-backlog.ts';
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
  /** Tells whoever runs the installation. */
  tell: DeliverWorld['tell'];
  /** What HTTPS deliveries may connect to besides public addresses on port 443. */
  allowed: AllowedTargets | undefined;
  /** Files what these buckets have waiting; and how often that is done for deliveries, if the window does not do. */
  gather(buckets: readonly number[]): Promise<void>;
  gatherEveryMs: number | undefined;
  /** Runs work in the background; a stop waits for it. */
  run(name: string, work: () => Promise<unknown>): Promise<void>;
};

/** Of a window of some seconds, half: so an event is delivered within the time of a window. */
export const gatherEveryMsOf = (windowMs: number): number | undefined =>
  windowMs >= 2000 ? windowMs / 2 : undefined;

/** Many batches may be filed within a short time, and each look lists the deliveries. */
const lookEveryMs = 500;

/** A function that starts work, at once or so long after the last start; many calls until then start it once. */
export const atMostEvery = (ms: number, signal: AbortSignal, start: () => Promise<void>): (() => void) => {
  let lastMs = -Infinity;
  let waiting: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', () => clearTimeout(waiting), { once: true });
  return () => {
    if (waiting || signal.aborted) return;
    waiting = setTimeout(
      () => {
        waiting = undefined;
        lastMs = performance.now();
        void start();
      },
      Math.max(0, lastMs + ms - performance.now()),
    );
  };
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
  tell,
  allowed,
  gather,
  gatherEveryMs,
  run,
}: DeliveriesOptions) => {
  const state = openState(s3, configuration);
  const secrets = new DeliverySecrets(state, deliveryKeyAt(join(data.root, deliveryKeyName), data.temporary));
  const world: DeliverWorld = {
    ...browse,
    deliveries: new Deliveries(state, browse.buckets),
    work: new DeliveryWork(state),
    installation: (await readInstallation(state)).id ?? 'annals',
    selfAudit,
    tell,
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
  const memory = noDeliverMemory();
  const ending = new AbortController();
  const { signal } = ending;
  const wake = atMostEvery(lookEveryMs, signal, () =>
    run('deliver', () =>
      deliverAll(world, memory, { mayBegin: () => !signal.aborted, signal, onMore: wake }),
    ),
  );
  const gatherForAll = async (): Promise<void> => {
    const buckets = new Set<number>();
    for (const [key, { delivery }] of memory.known) {
      const end = memory.ends.get(key);
      if (end && end.behindSince !== null && !end.isStuck)
        buckets.add(bucketOf(delivery.scopeId, browse.buckets));
    }
    if (buckets.size > 0) await run('gather for deliveries', () => gather([...buckets]));
  };
  const gathering =
    gatherEveryMs === undefined ? undefined : setInterval(() => void gatherForAll(), gatherEveryMs);
  const managing: Pick<
    DeliveriesWorld,
    | 'deliveries'
    | 'work'
    | 'secrets'
    | 'deliveryTests'
    | 'destinations'
    | 'testDelivery'
    | 'wakeDeliveries'
    | 'measureBacklog'
    | 'tell'
  > = {
    deliveries: world.deliveries,
    work: world.work,
    secrets,
    deliveryTests: new DeliveryTests(state, Date.now),
    destinations: ['directory', 'https'],
    testDelivery: delivery => testDelivery(world, delivery),
    measureBacklog: (scopeId, from) => measureBacklog(world, scopeId, from),
    tell,
    wakeDeliveries: wake,
  };
  return {
    world,
    managing,
    wake,
    stop(): void {
      ending.abort();
      clearInterval(gathering);
    },
  };
};
