/**
 * Records in the customer's log that a destination fails, works again, or that a delivery has stopped, and tells
 * whoever runs the installation: at most once an hour for each kind, with how often it happened since. The change was
 * stored first, so that a crash in between records and tells it later, under the same ids.
 */
import { type SelfAuditEvent, selfAuditActor } from '#domain/access/self-audit-event.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { type StateFacts, stateNotification } from '#domain/deliver/delivery-notification.ts';
import type { Progress } from '#domain/deliver/progress.ts';
import { derivedId } from '#domain/derived-id.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import type { DeliverWorld } from './deliver-world.ts';
import { save } from './delivery-turn.ts';

const saidEveryMs = 3_600_000;

type Stored = { progress: Progress; etag: string | undefined };

/** Changes `stored` to what is stored then. A log that cannot take the record does not stop the delivery. */
export const sayState = async (world: DeliverWorld, delivery: Delivery, stored: Stored): Promise<void> => {
  const { unsaid, said } = stored.progress;
  if (!unsaid) return;
  const { kind, at } = unsaid;
  const last = said[kind];
  const isTooSoon = last !== undefined && Date.parse(at) - Date.parse(last.at) < saidEveryMs;
  if (!isTooSoon) {
    try {
      const facts = factsOf(stored.progress);
      await world.selfAudit.record(eventOf(delivery, facts));
      await world.tell(stateNotification(delivery, facts));
    } catch (error) {
      world.log('error', 'The state of a delivery could not be recorded', errorFacts(error));
      return;
    }
  }
  const next = isTooSoon ? { at: last.at, count: last.count + 1 } : { at, count: 0 };
  const turn = { world, delivery, progress: stored.progress, etag: stored.etag };
  await save(turn, { ...stored.progress, unsaid: null, said: { ...said, [kind]: next } });
  stored.progress = turn.progress;
  stored.etag = undefined;
};

const factsOf = ({ unsaid, said, errors }: Progress): StateFacts => {
  const { kind, at, code } = unsaid!;
  const status = errors.find(error => error.code === code)?.status ?? null;
  return { kind, at, code, status, times: (said[kind]?.count ?? 0) + 1 };
};

const eventOf = ({ scopeId, id }: Delivery, { kind, at, ...payload }: StateFacts): SelfAuditEvent => {
  return {
    action: `delivery.${kind}`,
    id: derivedId('delivery-state', scopeId, id, kind, at),
    at,
    actor: selfAuditActor,
    target: { id, type: 'delivery' },
    scopeId,
    success: true,
    payload,
    via: undefined,
  };
};
