/**
 * What a new delivery begins with, if it is to hand over what was filed before: a dry run says how much that is, and a
 * creation that reaches back further than a day has to confirm it.
 */
import { needsConfirmation } from '#domain/deliver/backlog.ts';
import type { DeliveryRequest } from '#domain/deliver/request.ts';
import type { Instant } from '#domain/time.ts';
import { type Answer, json, problem } from './answer.ts';
import { completeToOf, type DeliveriesWorld, type IdCall } from './delivery-calls.ts';

export const estimateDelivery = async (
  world: DeliveriesWorld,
  { scopeId, delivery }: IdCall,
  from: Instant | undefined,
): Promise<Answer> => {
  if (delivery?.definition)
    return problem('invalid_request', 'The delivery exists, and goes on where it is', { path: '/dry_run' });
  const backlog =
    from === undefined
      ? { from: null, complete_to: (await completeToOf(world, scopeId)) ?? null, ...nothing }
      : await world.measureBacklog(scopeId, from);
  const needs_confirmation = from !== undefined && needsConfirmation(from, world.nowMs());
  return json<'DeliveryEstimate'>(200, { dry_run: true, ...backlog, needs_confirmation });
};

const nothing = { rows: 0, bytes: 0, at_least: false };

/** Undefined if the beginning of a new delivery is confirmed, or needs no confirmation. */
export const refuseUnconfirmed = async (
  world: DeliveriesWorld,
  scopeId: string,
  { from, confirmedFrom }: Pick<DeliveryRequest, 'from' | 'confirmedFrom'>,
): Promise<Answer | undefined> => {
  if (from === undefined || from === confirmedFrom || !needsConfirmation(from, world.nowMs()))
    return undefined;
  const backlog = await world.measureBacklog(scopeId, from);
  const { rows, bytes, at_least } = backlog;
  return problem(
    'confirmation_required',
    `The delivery would begin with ${at_least ? 'at least ' : ''}${rows} events (${bytes} bytes) that were filed` +
      ` since ${from}; repeat from in confirmed_from to send them, or leave it out to begin now`,
    { path: '/confirmed_from', ...backlog },
  );
};
