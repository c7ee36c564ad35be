/** What deliveries need from outside. */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import type { SelfAudit } from '#aws/self-audit.ts';
import type { Deliveries } from '#aws/state/deliveries.ts';
import type { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { DeliveryWork } from '#aws/state/delivery-work.ts';
import type { Leases } from '#aws/state/leases.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import type { DeliveryNotification } from '#domain/deliver/delivery-notification.ts';
import type { KeyWindow } from '#domain/deliver/key-window.ts';
import type { DeliveryPlace } from '#domain/deliver/layout.ts';
import type { OcsfTable } from '#domain/deliver/ocsf.ts';
import type { RunLimits } from '#domain/deliver/run.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import type { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import type { BrowseWorld } from './browse-world.ts';

/** What a change of a delivery needs. */
export type DeliveryChangeWorld = {
  deliveries: Deliveries;
  selfAudit: SelfAudit;
  /** Stores the notice for whoever runs the installation. A repeat is harmless. */
  tell(notification: DeliveryNotification): Promise<void>;
  nowMs(): number;
};

export type DeliverWorld = BrowseWorld &
  DeliveryChangeWorld & {
    /** The id of the installation. */
    installation: string;
    work: DeliveryWork;
    adminDirectory: AdminDirectory;
    /** Those of destinations. */
    secrets: DeliverySecrets;
    /** The sender of a delivery; throws `SecretsUnreadable`. */
    openSender(delivery: Delivery, place: DeliveryPlace): Promise<Sender>;
    leases: Leases;
    /** How long one process may work on a delivery before another may try; 0 if there is only one. */
    leaseMs: number;
    limits: RunLimits;
    /** What the catalogue says of actions in OCSF. */
    ocsf: OcsfTable;
    /** The keys that each delivery has seen lately, by the prefix of its events. */
    keyWindows: LeastRecentlyUsed<KeyWindow>;
    /** When the ledger counts as standing still. */
    stallSeconds: number;
    /** From 0 (included) to 1 (excluded). */
    random(): number;
    metrics: Metrics;
  };

export const nowOf = ({ nowMs }: { nowMs(): number }): Instant => instantOfMilliseconds(nowMs());

export const placeOf = (
  { installation }: Pick<DeliverWorld, 'installation'>,
  { scopeId, id, origin }: Delivery,
): DeliveryPlace => ({ installation, scopeId, id, incarnation: origin.incarnation });
