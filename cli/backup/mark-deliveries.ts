/**
 * Marks the deliveries of a restored copy. The runs that they have made since the copy are at their destinations, under
 * the numbers that come next, and a receiver drops what has the id of one. Runs that are frozen from now on get names
 * and ids of their own; those that are in the copy are sent on as they are.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { Deliveries } from '#aws/state/deliveries.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import { firstProgress } from '#domain/deliver/progress.ts';

/** Nobody else uses the state. A delivery whose records are damaged does not run, and stays as it is. */
export const markDeliveries = async (state: Objects, buckets: number, nowMs: number): Promise<void> => {
  const deliveries = new Deliveries(state, buckets);
  const work = new DeliveryWork(state);
  const restored = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  await fewAtOnce(await deliveries.open(), async entry => {
    const found = await orUnreadable(deliveries.whichIs(entry));
    if (isUnreadable(found) || !found.delivery) return;
    const { delivery } = found;
    await work.begin(delivery, firstProgress(delivery.origin.from));
    const stored = await orUnreadable(work.progress(delivery));
    if (!stored || isUnreadable(stored)) return;
    await work.put(delivery, { ...stored.progress, restored }, stored.etag);
  });
};
