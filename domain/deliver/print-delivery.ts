/**
 * A delivery as the API shows it, with its health: how far it is, how far behind and whose lag that is, and what is
 * wrong with the destination as closed code, HTTP status and time alone. Nothing here is secret.
 */
import type { Instant } from '#domain/time.ts';
import type { Delivery } from './delivery.ts';
import { deliveryFaults } from './destination.ts';
import { type DeliveryError, firstProgress, type Progress, stateOf, stopOf } from './progress.ts';
import { principalOf } from './role-set-up.ts';

export type DeliveryClock = {
  nowMs: number;
  /** Everything of the scope's bucket that was filed before is in the log; undefined if nothing was filed yet. */
  completeTo: Instant | undefined;
  /** After this the ledger counts as standing still. */
  stallSeconds: number;
};

const secondsBetween = (from: Instant, toMs: number): number =>
  Math.max(0, Math.round((toMs - Date.parse(from)) / 1000));

export const printFault = ({ code, status, at }: DeliveryError) => {
  const { meaning, cure } = deliveryFaults[code];
  return { code, status, at, meaning, cure };
};

/** `account` is that of the installation on AWS, as twelve digits. */
export const printDelivery = (
  delivery: Delivery,
  known: Progress | undefined,
  { nowMs, completeTo, stallSeconds }: DeliveryClock,
  account?: string,
) => {
  const { id, scopeId, origin, createdAt, changedAt, resumes } = delivery;
  const definition = delivery.definition!;
  const { destination } = definition;
  const progress = known ?? firstProgress(origin.from);
  const ledgerSeconds = completeTo === undefined ? null : secondsBetween(completeTo, nowMs);
  const isStalled = ledgerSeconds !== null && ledgerSeconds > stallSeconds;
  const stopped = stopOf(progress, { resumes });
  const { failing, undelivered, last_manifest } = progress;
  return {
    id,
    scope_id: scopeId,
    destination,
    format: definition.format,
    form_version: definition.form_version,
    filter: definition.filter ?? null,
    from: origin.from,
    paused: definition.paused,
    requested_by: definition.requested_by ?? null,
    reason: definition.reason ?? null,
    external_id: destination.type === 's3' ? origin.external_id : null,
    principal: destination.type === 's3' && account !== undefined ? principalOf(account, destination) : null,
    created_at: createdAt,
    changed_at: changedAt,
    state: stateOf(delivery, progress, isStalled),
    stopped: stopped && printFault(stopped),
    health: {
      delivered_to: progress.scanned_to,
      runs: progress.run,
      rows: progress.rows,
      ledger_lag_seconds: ledgerSeconds,
      delivery_lag_seconds:
        completeTo === undefined ? null : secondsBetween(progress.scanned_to, Date.parse(completeTo)),
      tested_at: progress.tested_at,
      last_manifest: last_manifest && {
        run: last_manifest.run,
        sha256: last_manifest.sha256,
        at: last_manifest.at,
      },
      failing: failing && {
        since: failing.since,
        attempts: failing.attempts,
        next_attempt_at: failing.next_at,
        ...printFault(failing),
      },
      errors: progress.errors.map(printFault),
      undelivered: {
        count: undelivered.count,
        newest: undelivered.newest.map(event => ({
          id: event.id,
          occurred_at: event.occurred_at,
          run: event.run,
          ...printFault(event),
        })),
      },
    },
  };
};
