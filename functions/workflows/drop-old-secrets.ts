/**
 * Deletes sealed secrets that nothing can name any more. Which these are needs no clock: they were there before a
 * change of the delivery was appended. Whoever wrote one of them had read the delivery before that, so their own
 * change comes too late; and what neither the definition nor a written change names, no later change takes from them.
 * What a crash leaves here goes with the next change of the secrets, or with the delivery.
 */
import type { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';

export type SecretsWorld = { secrets: DeliverySecrets; log: Log };

/**
 * `listed` were there before the change that made `delivery`. If they cannot be deleted, that is logged: the change
 * is made.
 */
export const dropOldSecrets = async (
  { secrets, log }: SecretsWorld,
  { scopeId, id, definition, intent }: Delivery,
  listed: readonly string[],
): Promise<void> => {
  const named = [definition, intent?.definition].map(one => one?.secret_version);
  const old = listed.filter(version => !named.includes(version));
  try {
    await secrets.delete(scopeId, id, old);
  } catch (error) {
    log('error', 'Old secrets of a delivery could not be deleted; its next change deletes them', {
      delivery_id: id,
      ...errorFacts(error),
    });
  }
};

/** Deletes all secrets of a delivery that is deleted. */
export const dropAllSecrets = async (
  { secrets }: Pick<SecretsWorld, 'secrets'>,
  { scopeId, id }: Pick<Delivery, 'scopeId' | 'id'>,
): Promise<void> => secrets.delete(scopeId, id, await secrets.versions(scopeId, id));
