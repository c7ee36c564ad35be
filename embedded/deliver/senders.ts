/** Opens the sender of a delivery: into a directory below the data directory, or to an HTTPS receiver. */
import { join } from 'node:path';
import { failingSender } from '#aws/deliver/failing-sender.ts';
import { publicInternet } from '#aws/deliver/guarded-post.ts';
import { HttpsSenders } from '#aws/deliver/https-senders.ts';
import type { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import { type AllowedTargets, noTargets } from '#domain/deliver/allowed-targets.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { placeOfDelivery } from '#domain/deliver/layout.ts';
import { hasReserve } from '#embedded/disk-reserve.ts';
import type { DeliverWorld } from '#functions/workflows/deliver-world.ts';
import { DirectoryBudget } from './directory-budget.ts';
import { DirectorySender } from './directory-sender.ts';

/** What the files of all deliveries into directories may take. */
const defaultBudgetBytes = 10 * 1024 ** 3;

export type SenderSettings = {
  /** The data directory. */
  root: string;
  secrets: DeliverySecrets;
  ocsf: DeliverWorld['ocsf'];
  /** What HTTPS deliveries may connect to besides public addresses on port 443. */
  allowed?: AllowedTargets | undefined;
  budgetBytes?: number | undefined;
};

export const senderOpener = ({
  root,
  secrets,
  ocsf,
  allowed = noTargets,
  budgetBytes = defaultBudgetBytes,
}: SenderSettings): DeliverWorld['openSender'] => {
  const deliveries = join(root, 'deliveries');
  const budget = new DirectoryBudget(deliveries, budgetBytes);
  const policy = { ...publicInternet, allowedNetworks: allowed.networks, allowedPorts: allowed.ports };
  const https = new HttpsSenders({ secrets, policy, nowMs: Date.now });
  return async ({ scopeId, id, definition }, place) => {
    const { destination, format, form_version, secret_version } = definition!;
    switch (destination.type) {
      case 'directory':
        return new DirectorySender({
          root: deliveries,
          path: destination.path,
          place: placeOfDelivery(place),
          budget,
          hasReserve: () => hasReserve(root),
        });
      case 'https': {
        const form = formOf(format, form_version, ocsf);
        return https.open({ scopeId, id, destination, secretVersion: secret_version ?? 'none', form });
      }
      case 's3':
        return failingSender('destination_unavailable');
    }
  };
};
