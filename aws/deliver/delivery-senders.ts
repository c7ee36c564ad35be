/** The senders of deliveries on AWS: into the bucket of a customer, or to an HTTPS receiver. */
import type { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { Delivery } from '#domain/deliver/delivery.ts';
import type { S3Destination } from '#domain/deliver/destination.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { type DeliveryPlace, placeOfDelivery } from '#domain/deliver/layout.ts';
import type { OcsfTable } from '#domain/deliver/ocsf.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import { failingSender } from './failing-sender.ts';
import { publicInternet } from './guarded-post.ts';
import { HttpsSenders } from './https-senders.ts';
import { type AssumeRole, S3Sender } from './s3-sender.ts';

export type DeliverySendersOptions = {
  secrets: DeliverySecrets;
  ocsf: OcsfTable;
  assumeRole(destination: S3Destination, place: string): AssumeRole;
  /** The account of the installation, of which no role is assumed. */
  account: string;
  /** What HTTPS deliveries may connect to besides 443. */
  allowedPorts: readonly number[];
  nowMs(): number;
};

/** The destinations that an installation on AWS delivers to. */
export const destinationsOnAws = ['s3', 'https'] as const;

/** Each has the credentials of a role. */
const maxSenders = 256;

export const openDeliverySenders = ({
  secrets,
  ocsf,
  assumeRole,
  account,
  allowedPorts,
  nowMs,
}: DeliverySendersOptions) => {
  const https = new HttpsSenders({ secrets, policy: { ...publicInternet, allowedPorts }, nowMs });
  const buckets = new LeastRecentlyUsed<S3Sender>(maxSenders);
  return async ({ scopeId, id, definition, origin }: Delivery, at: DeliveryPlace): Promise<Sender> => {
    const { destination, format, form_version, secret_version } = definition!;
    switch (destination.type) {
      case 's3': {
        const place = placeOfDelivery(at);
        const key = JSON.stringify([place, destination]);
        const known = buckets.get(key);
        if (known) return known;
        const sender = new S3Sender({
          destination,
          externalId: origin.external_id,
          place,
          assumeRole: assumeRole(destination, place),
          refusedAccount: account,
          nowMs,
        });
        buckets.set(key, sender, 1);
        return sender;
      }
      case 'https': {
        const form = formOf(format, form_version, ocsf);
        return https.open({ scopeId, id, destination, secretVersion: secret_version ?? 'none', form });
      }
      case 'directory':
        return failingSender('destination_unavailable');
    }
  };
};
