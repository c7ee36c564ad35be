/** The routes for deliveries, for staff and customers: list, show, set, test, pause, resume, replay and delete. */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { v4, v7 } from 'uuid';
import { fewAtOnce, foldsAtOnce } from '#aws/few-at-once.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { actorOf } from '#domain/access/self-audit-event.ts';
import { firstDate } from '#domain/archive/layout.ts';
import { type ChangeKind, type Definition, fixedPartOf } from '#domain/deliver/delivery.ts';
import { type DestinationSecrets, deliveryFaults } from '#domain/deliver/destination.ts';
import {
  type DeliveryRequest,
  maxHeaders,
  parseDeliveryRequest,
  replayRequestShape,
  tooManyHeaders,
} from '#domain/deliver/request.ts';
import { SecretsUnreadable } from '#domain/deliver/sealed-secrets.ts';
import { changeSecrets, shownOf } from '#domain/deliver/secrets-change.ts';
import { deliveryShapes } from '#domain/http/shapes/delivery-shapes.ts';
import { isStateCursor } from '#domain/object-key.ts';
import type { Instant } from '#domain/time.ts';
import { nowOf } from '#functions/workflows/deliver-world.ts';
import { DeliveryOvertaken } from '#functions/workflows/delivery-turn.ts';
import { type Answer, badCursor, json, noContent, notAdmin, problem, refuseRequest } from './answer.ts';
import {
  changeDelivery,
  changedElsewhere,
  completeToOf,
  type DeliveriesWorld,
  type DeliveryCall,
  type IdCall,
  ofChange,
  ofDelivery,
  ofId,
  show,
} from './delivery-calls.ts';
import { estimateDelivery, refuseUnconfirmed } from './delivery-start.ts';
import { bodyOf, parseBody, viaOf } from './request.ts';
import { ofScope } from './scope-call.ts';
import { countUnreadable } from './unreadable.ts';

/** Each delivery is read from all of its events, so pages are small. */
const pageSize = 50;

export const listDeliveries = ofScope<DeliveriesWorld>(async (world, { event, scopeId }) => {
  const cursor = event.queryStringParameters?.cursor;
  if (cursor !== undefined && !isStateCursor(cursor)) return badCursor();
  const page = await world.deliveries.page(scopeId, pageSize, cursor);
  const shown = page.deliveries.filter(({ definition, isDeleted }) => definition && !isDeleted);
  return json<'Deliveries'>(200, {
    deliveries: await fewAtOnce(shown, delivery => show(world, delivery), foldsAtOnce),
    ...countUnreadable(page.unreadable, world.log),
    cursor: page.cursor ?? null,
  });
});

export const showDelivery = ofDelivery(async (world, { delivery }) =>
  json<'Delivery'>(200, await show(world, delivery)),
);

export const setDelivery = ofId(async (world, call) => {
  const { caller, event, scopeId, delivery } = call;
  const body = bodyOf(event);
  if ('problem' in body) return body.problem;
  const parsed = parseDeliveryRequest(body.json, caller, delivery?.definition);
  if ('problem' in parsed) return refuseRequest(parsed.problem);
  const { definition, from, isDryRun } = parsed;
  if (delivery?.isDeleted)
    return problem('delivery_deleted', 'A delivery of this id was deleted; choose another id');
  const { requested_by, destination } = definition;
  if (!world.destinations.includes(destination.type))
    return problem('destination_unavailable', `This installation does not deliver to "${destination.type}"`);
  if (requested_by !== undefined && !(await world.adminDirectory.isAdmin(scopeId, requested_by)))
    return refuseRequester(world, call, definition);
  const before = delivery?.definition;
  if (before && fixedPartOf(before.destination) !== fixedPartOf(destination))
    return problem(
      'destination_fixed',
      'The destination cannot be changed: make a new delivery for the other one, and pause this one',
    );
  if (delivery && before && from !== undefined && from !== delivery.origin.from)
    return problem(
      'invalid_request',
      'The beginning of a delivery cannot be changed: its first run is from there',
      { path: '/from' },
    );
  if (isDryRun) return estimateDelivery(world, call, from);
  const unconfirmed = before ? undefined : await refuseUnconfirmed(world, scopeId, parsed);
  if (unconfirmed) return unconfirmed;
  const wanted = await withSecrets(world, call, parsed);
  if ('statusCode' in wanted) return wanted;
  if (before && isSame(wanted, before)) return json<'DeliveryChange'>(200, await show(world, delivery));
  const changed = await changeDelivery(world, call, {
    kind: kindOf(before, wanted),
    definition: wanted,
    ...(before ? {} : { origin: await originOf(world, scopeId, from) }),
  });
  return changed ? json<'Delivery'>(before ? 200 : 201, await show(world, changed)) : changedElsewhere();
});

/** A reason is of a change: without one, the reason of the last change makes no difference. */
const isSame = (
  { reason, ...wanted }: Definition,
  { reason: reasonBefore, ...before }: Definition,
): boolean => (reason === undefined || reason === reasonBefore) && isDeepStrictEqual(wanted, before);

const kindOf = (before: Definition | undefined, wanted: Definition): ChangeKind => {
  if (!before) return 'create';
  if (wanted.paused === before.paused) return 'update';
  return wanted.paused ? 'pause' : 'resume';
};

/** Without a beginning it is the present: what is filed from now on. No two clocks are compared. */
const originOf = async (world: DeliveriesWorld, scopeId: string, from: Instant | undefined) => ({
  from: from ?? (await completeToOf(world, scopeId)) ?? `${firstDate}T00:00:00.000000000Z`,
  incarnation: randomBytes(4).toString('hex'),
  external_id: randomBytes(24).toString('base64url'),
});

/** Seals what is secret before anything else is stored. */
const withSecrets = async (
  world: DeliveriesWorld,
  { scopeId, id }: IdCall,
  { definition, secrets: change }: DeliveryRequest,
): Promise<Definition | Answer> => {
  if (!change) return definition;
  const { secret_version: before } = definition;
  const stored = before === undefined ? undefined : await readSecrets(world, { scopeId, id }, before);
  const next = changeSecrets(stored, change);
  if (!next)
    return problem(
      'invalid_request',
      'What is stored of the URL, the secret and the headers cannot be read: give them all again',
      { path: '/destination/url' },
    );
  if (Object.keys(next.headers).length > maxHeaders)
    return problem('invalid_request', tooManyHeaders, { path: '/destination/headers' });
  const destination = { ...definition.destination, ...shownOf(next) } as Definition['destination'];
  const secret_version =
    before !== undefined && isDeepStrictEqual(next, stored)
      ? before
      : await world.secrets.put(scopeId, id, next);
  return { ...definition, destination, secret_version };
};

/** Secrets that are lost are set again by a change, which is the only way to mend the delivery. */
const readSecrets = async (
  { secrets }: DeliveriesWorld,
  { scopeId, id }: Pick<IdCall, 'scopeId' | 'id'>,
  version: string,
): Promise<DestinationSecrets | undefined> => {
  try {
    return await secrets.get(scopeId, id, version);
  } catch (error) {
    if (error instanceof SecretsUnreadable || isUnreadable(error)) return undefined;
    throw error;
  }
};

/** Records that the requester is not an admin of the scope, and returns the answer that says so. */
const refuseRequester = async (
  world: DeliveriesWorld,
  { caller, event, scopeId, id, delivery }: IdCall,
  { requested_by }: Definition,
): Promise<Answer> => {
  await world.selfAudit.record({
    action: delivery?.definition ? 'delivery.update' : 'delivery.create',
    id: v7(),
    at: nowOf(world),
    actor: actorOf(caller),
    target: { id, type: 'delivery' },
    scopeId,
    success: false,
    payload: { requested_by: requested_by ?? null, refused: 'not_an_admin' },
    via: viaOf(event),
  });
  return notAdmin(requested_by!);
};

/** A change is not made for the reason of the one before it. */
const withReason = ({ reason: _, ...definition }: Definition, reason: string | undefined): Definition => ({
  ...definition,
  ...(reason === undefined ? {} : { reason }),
});

export const deleteDelivery = ofChange(async (world, call) =>
  (await changeDelivery(world, call, {
    kind: 'delete',
    definition: withReason(call.delivery.definition!, undefined),
  }))
    ? noContent()
    : changedElsewhere(),
);

export const pauseDelivery = ofDelivery(async (world, call) => {
  const parsed = parseBody(call.event, deliveryShapes.DeliveryReason);
  if ('problem' in parsed) return parsed.problem;
  const { reason } = parsed.value;
  if (call.caller.role === 'support' && reason === undefined)
    return problem('reason_required', 'Give the reason or the ticket in reason', { path: '/reason' });
  return setPaused(world, call, true, reason);
});

export const resumeDelivery = ofChange(async (world, call) => {
  const parsed = parseBody(call.event, deliveryShapes.DeliveryReason);
  return 'problem' in parsed ? parsed.problem : setPaused(world, call, false, parsed.value.reason);
});

const setPaused = async (
  world: DeliveriesWorld,
  call: DeliveryCall,
  paused: boolean,
  reason: string | undefined,
): Promise<Answer> => {
  const before = call.delivery.definition!;
  // What has stopped is resumed too, though it is not paused.
  if (paused && before.paused) return json<'Delivery'>(200, await show(world, call.delivery));
  const changed = await changeDelivery(world, call, {
    kind: paused ? 'pause' : 'resume',
    definition: { ...withReason(before, reason), paused },
  });
  return changed ? json<'Delivery'>(200, await show(world, changed)) : changedElsewhere();
};

/** Each may be of every run that there is. */
const maxOpenReplays = 20;

export const replayDelivery = ofChange(async (world, call) => {
  const parsed = parseBody(call.event, replayRequestShape);
  if ('problem' in parsed) return parsed.problem;
  const { first_run, last_run, reason } = parsed.value;
  const { run: runs = 0, replays_done = 0 } = (await world.work.progress(call.delivery))?.progress ?? {};
  if (last_run > runs)
    return problem('invalid_request', `The delivery has ${runs} runs so far`, { path: '/last_run' });
  if (call.delivery.replays.length - replays_done >= maxOpenReplays)
    return problem(
      'too_many_replays',
      `${maxOpenReplays} replays of the delivery are not done yet; retry once one is`,
    );
  const replay = { id: v4(), first_run, last_run };
  const definition = withReason(call.delivery.definition!, reason);
  const changed = await changeDelivery(world, call, { kind: 'replay', definition, replay });
  return changed ? json<'Replay'>(202, replay) : changedElsewhere();
});

const asOvertaken = (error: unknown): undefined => {
  if (!(error instanceof DeliveryOvertaken)) throw error;
};

export const testDelivery = ofDelivery(async (world, { delivery, event, scopeId }) => {
  const parsed = parseBody(event, deliveryShapes.DeliveryReason);
  if ('problem' in parsed) return parsed.problem;
  const waitMs = await world.deliveryTests.take(scopeId);
  if (waitMs > 0)
    return problem(
      'too_many_tests',
      'Five tests of this scope were made within an hour; retry later',
      {},
      {
        'retry-after': String(Math.ceil(waitMs / 1000)),
      },
    );
  const outcome = await world.testDelivery(delivery).catch(asOvertaken);
  if (!outcome) return changedElsewhere();
  const at = nowOf(world);
  if (outcome.kind === 'done') {
    world.wakeDeliveries?.();
    return json<'DeliveryTest'>(200, { ok: true, at, code: null, status: null, meaning: null, cure: null });
  }
  const { code, status = null } = outcome;
  const { meaning, cure } = deliveryFaults[code];
  return json<'DeliveryTest'>(200, { ok: false, at, code, status, meaning, cure });
});
