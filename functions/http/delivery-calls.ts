/** What the routes of deliveries have in common: the scope and the delivery in the path, and who may do what. */
import type { AdminDirectory } from '#aws/admin-directory.ts';
import type { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { DeliveryTests } from '#aws/state/delivery-tests.ts';
import type { DeliveryWork } from '#aws/state/delivery-work.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { identityOf } from '#domain/access/caller.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { answerableTo } from '#domain/archive/watermark.ts';
import type { Backlog } from '#domain/deliver/backlog.ts';
import type { ChangingDelivery, Delivery } from '#domain/deliver/delivery.ts';
import type { DestinationType } from '#domain/deliver/destination.ts';
import { printDelivery } from '#domain/deliver/print-delivery.ts';
import { isName } from '#domain/event/name.ts';
import { decodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import type { Instant } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import { applyDeliveryChange } from '#functions/workflows/change-delivery.ts';
import { type DeliveryChangeWorld, nowOf } from '#functions/workflows/deliver-world.ts';
import { dropOldSecrets } from '#functions/workflows/drop-old-secrets.ts';
import type { TestResult } from '#functions/workflows/test-delivery.ts';
import { badId, problem } from './answer.ts';
import { viaOf } from './request.ts';
import type { Handler } from './router.ts';
import { ofScope, type ScopeCall } from './scope-call.ts';

export type DeliveriesWorld = DeliveryChangeWorld & {
  buckets: number;
  work: DeliveryWork;
  secrets: DeliverySecrets;
  deliveryTests: DeliveryTests;
  watermarks: Pick<Watermarks, 'all'>;
  adminDirectory: AdminDirectory;
  /** The destinations that this installation can deliver to. */
  destinations: readonly DestinationType[];
  /** The account of the installation on AWS, whom roles of customers have to trust. */
  account?: string;
  stallSeconds: number;
  testDelivery(delivery: Delivery): Promise<TestResult>;
  /** Counts what was filed of a scope since an instant. */
  measureBacklog(scopeId: string, from: Instant): Promise<Backlog>;
  /** Delivers at once what is due; without it, the next tick does. */
  wakeDeliveries?: () => void;
  log: Log;
};

/** A call whose path names a delivery that may not exist. */
export type IdCall = ScopeCall & { id: string; delivery: Delivery | undefined };
/** A call to an existing delivery. */
export type DeliveryCall = IdCall & { delivery: Delivery };

export const ofId = (handle: Handler<DeliveriesWorld, IdCall>): Handler<DeliveriesWorld> =>
  ofScope<DeliveriesWorld>(async (world, call) => {
    const id = decodePathId(call.event.pathParameters?.id ?? '');
    if (id === undefined || !isName(id)) return badId('delivery');
    const found = await world.deliveries.get(call.scopeId, id);
    return handle(world, { ...call, id, delivery: found && (await applyDeliveryChange(world, found)) });
  });

/** Answers 404 if the delivery in the path does not exist or is deleted. */
export const ofDelivery = (handle: Handler<DeliveriesWorld, DeliveryCall>): Handler<DeliveriesWorld> =>
  ofId((world, { delivery, ...call }) =>
    delivery?.definition && !delivery.isDeleted
      ? handle(world, { ...call, delivery })
      : problem('not_found', 'There is no delivery of this id'),
  );

/** The same for those who may change deliveries. */
export const ofChange = (handle: Handler<DeliveriesWorld, DeliveryCall>): Handler<DeliveriesWorld> =>
  ofDelivery((world, call) =>
    call.caller.role === 'support'
      ? problem('forbidden', 'Support shows, tests and pauses deliveries, and changes nothing else of them')
      : handle(world, call),
  );

type Change = Pick<ChangingDelivery, 'kind' | 'definition' | 'origin' | 'replay'>;

/** The delivery after the change; undefined if somebody else has changed it meanwhile. */
export const changeDelivery = async (
  world: DeliveriesWorld,
  { caller, event, scopeId, id, delivery }: IdCall,
  change: Change,
): Promise<Delivery | undefined> => {
  const { secret_version } = change.definition;
  const isKept = secret_version === delivery?.definition?.secret_version;
  const listed = isKept ? [] : await world.secrets.versions(scopeId, id);
  const next = await world.deliveries.append(delivery, {
    type: 'changing',
    at: nowOf(world),
    scope_id: scopeId,
    id,
    ...change,
    by: identityOf(caller),
    via: viaOf(event),
  });
  if (!next) {
    // No change of a deleted delivery will drop what was written for this one.
    const now = await world.deliveries.get(scopeId, id);
    if (now?.isDeleted) await dropOldSecrets(world, now, listed);
    return undefined;
  }
  const changed = await applyDeliveryChange(world, next);
  await dropOldSecrets(world, changed, listed);
  world.wakeDeliveries?.();
  return changed;
};

export const changedElsewhere = () =>
  problem('changed_elsewhere', 'Somebody else changed the delivery at the same time; look at it and retry');

/** Everything of a scope that was filed before is in the log. */
export const completeToOf = async ({ watermarks, buckets }: DeliveriesWorld, scopeId: string) =>
  answerableTo(await watermarks.all(), [bucketOf(scopeId, buckets)]);

export const show = async (world: DeliveriesWorld, delivery: Delivery): Promise<Api<'Delivery'>> => {
  const stored = await world.work.progress(delivery);
  const completeTo = await completeToOf(world, delivery.scopeId);
  const { stallSeconds, account } = world;
  const clock = { nowMs: world.nowMs(), completeTo, stallSeconds };
  return printDelivery(delivery, stored?.progress, clock, account);
};
