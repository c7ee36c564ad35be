/**
 * The senders of HTTPS deliveries, kept between turns: one that is halving a refused part knows how far it has come
 * (`https-sender.ts`). A change of the definition or of the secrets makes a new one.
 */
import type { DeliverySecrets } from '#aws/state/delivery-secrets.ts';
import type { HttpsDestination } from '#domain/deliver/destination.ts';
import type { Form } from '#domain/deliver/form.ts';
import type { Sender } from '#domain/deliver/sender.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import type { HttpsPolicy } from './guarded-post.ts';
import { HttpsSender } from './https-sender.ts';

export type HttpsSendersOptions = { secrets: DeliverySecrets; policy: HttpsPolicy; nowMs(): number };

export type HttpsDelivery = {
  scopeId: string;
  id: string;
  destination: HttpsDestination;
  /** Of the sealed secrets, which have the whole URL too. */
  secretVersion: string;
  form: Form;
};

/** Each may hold a part while it halves it: about 4 MB at most. */
const maxSenders = 64;

export class HttpsSenders {
  readonly #options: HttpsSendersOptions;
  readonly #senders = new LeastRecentlyUsed<HttpsSender>(maxSenders);

  constructor(options: HttpsSendersOptions) {
    this.#options = options;
  }

  /** Throws `SecretsUnreadable`. */
  async open({ scopeId, id, destination, secretVersion, form }: HttpsDelivery): Promise<Sender> {
    const key = JSON.stringify([
      scopeId,
      id,
      secretVersion,
      destination.preset ?? null,
      form.format,
      form.version,
    ]);
    const known = this.#senders.get(key);
    if (known) return known;
    const { secrets, policy, nowMs } = this.#options;
    const sender = new HttpsSender({
      secrets: await secrets.get(scopeId, id, secretVersion),
      preset: destination.preset,
      form,
      policy,
      nowMs,
    });
    this.#senders.set(key, sender, 1);
    return sender;
  }
}
