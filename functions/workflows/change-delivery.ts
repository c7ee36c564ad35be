/**
 * Records the written change of a delivery in the log, tells of a new delivery, and makes the change. If the log can
 * never hold the record, the change is dropped and this throws. Safe to run concurrently.
 */
import { NotRecordable } from '#aws/self-audit.ts';
import { type Delivery, selfAuditEventOfDelivery } from '#domain/deliver/delivery.ts';
import { creationNotification } from '#domain/deliver/delivery-notification.ts';
import { type DeliveryChangeWorld, nowOf } from './deliver-world.ts';

export const applyDeliveryChange = async (
  world: DeliveryChangeWorld,
  delivery: Delivery,
): Promise<Delivery> => {
  if (!delivery.intent) return delivery;
  const at = nowOf(world);
  try {
    await world.selfAudit.record(selfAuditEventOfDelivery(delivery));
  } catch (error) {
    if (error instanceof NotRecordable) await world.deliveries.append(delivery, { type: 'dropped', at });
    throw error;
  }
  if (delivery.intent.kind === 'create') await world.tell(creationNotification(delivery));
  const { deliveries } = world;
  const { scopeId, id } = delivery;
  return (await deliveries.append(delivery, { type: 'changed', at })) ?? (await deliveries.get(scopeId, id))!;
};
