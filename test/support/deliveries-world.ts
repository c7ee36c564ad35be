/** What the routes of deliveries need, on a state alone. */
import type { Objects } from '#aws/objects.ts';
import { Deliveries } from '#aws/state/deliveries.ts';
import { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { DeliveryTests } from '#aws/state/delivery-tests.ts';
import { DeliveryWork } from '#aws/state/delivery-work.ts';
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import type { DeliveriesWorld } from '#functions/http/delivery-calls.ts';

type OfDeliveries =
  | 'deliveries'
  | 'work'
  | 'secrets'
  | 'deliveryTests'
  | 'destinations'
  | 'stallSeconds'
  | 'testDelivery'
  | 'measureBacklog'
  | 'tell';

export const deliveriesOf = (
  state: Objects,
  nowMs: () => number = Date.now,
): Pick<DeliveriesWorld, OfDeliveries> => ({
  deliveries: new Deliveries(state, 32),
  work: new DeliveryWork(state),
  secrets: new DeliverySecrets(state, async () => dataKeyOf('test')),
  deliveryTests: new DeliveryTests(state, nowMs),
  destinations: ['directory', 's3', 'https'],
  stallSeconds: 900,
  testDelivery: async () => ({ kind: 'done' }),
  tell: async () => undefined,
  measureBacklog: async (_, from) => ({ from, complete_to: from, rows: 3, bytes: 1200, at_least: false }),
});
