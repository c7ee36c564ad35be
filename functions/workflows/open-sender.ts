/** Opens the sender of a delivery as it was read. */
import { failingSender } from '#aws/deliver/failing-sender.ts';
import { isUnreadable } from '#aws/state/record.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { SecretsUnreadable } from '#domain/deliver/sealed-secrets.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import { type DeliverWorld, placeOf } from './deliver-world.ts';
import { DeliveryOvertaken } from './delivery-turn.ts';

export type SenderWorld = Pick<DeliverWorld, 'installation' | 'openSender' | 'deliveries'>;

/**
 * One that fails with `secrets_unreadable` if there are no secrets that can be opened. Throws `DeliveryOvertaken` if
 * the delivery was changed meanwhile: its old secrets are deleted then, which is not a fault of the destination.
 */
export const openSender = async (world: SenderWorld, delivery: Delivery): Promise<Sender> => {
  try {
    return await world.openSender(delivery, placeOf(world, delivery));
  } catch (error) {
    if (!(error instanceof SecretsUnreadable) && !isUnreadable(error)) throw error;
    const now = await world.deliveries.get(delivery.scopeId, delivery.id);
    if (now?.definitionVersion !== delivery.definitionVersion) throw new DeliveryOvertaken(delivery);
    return failingSender('secrets_unreadable');
  }
};
