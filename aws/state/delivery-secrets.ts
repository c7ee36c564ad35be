/**
 * The secrets of destinations, sealed, each version under a name of its own. They are written before the change of
 * the delivery that names them, and deleted once nothing can name them: see `dropOldSecrets`.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import type { DestinationSecrets } from '#domain/deliver/destination.ts';
import { deliverySecretsKey, secretsOfDeliveryPrefix } from '#domain/deliver/layout.ts';
import {
  nonceBytes,
  openSecrets,
  type SealedSecrets,
  SecretsUnreadable,
  sealSecrets,
} from '#domain/deliver/sealed-secrets.ts';
import { encodeRecord, type RecordKind, readRecord } from './record.ts';

const sealedRecord: RecordKind<SealedSecrets> = {
  isWhole: ({ format, sealed }) => format === 1 && typeof sealed === 'string',
  cure: 'Restore it from a copy, or set the secrets of the delivery again',
};

export class DeliverySecrets {
  readonly #state: Objects;
  readonly #dataKey: () => Promise<Uint8Array>;

  /** The data key is asked for only if a delivery has secrets. */
  constructor(state: Objects, dataKey: () => Promise<Uint8Array>) {
    this.#state = state;
    this.#dataKey = dataKey;
  }

  /** Returns the version under which they can be read. */
  async put(scopeId: string, id: string, secrets: DestinationSecrets): Promise<string> {
    const place = { scopeId, id, version: randomUUID() };
    const sealed = sealSecrets(await this.#dataKey(), randomBytes(nonceBytes), place, secrets);
    await this.#state.create(deliverySecretsKey(scopeId, id, place.version), encodeRecord(sealed));
    return place.version;
  }

  /** Throws `SecretsUnreadable` if they are gone, or were sealed with another key. */
  async get(scopeId: string, id: string, version: string): Promise<DestinationSecrets> {
    const place = { scopeId, id, version };
    const stored = await this.#state.get(deliverySecretsKey(scopeId, id, version));
    if (!stored) throw new SecretsUnreadable(place);
    return openSecrets(await this.#dataKey(), place, readRecord(stored, sealedRecord));
  }

  /** Those of a delivery, whether something names them or not. */
  async versions(scopeId: string, id: string): Promise<string[]> {
    const prefix = secretsOfDeliveryPrefix(scopeId, id);
    const versions: string[] = [];
    for await (const { key } of this.#state.list(prefix))
      versions.push(key.slice(prefix.length).replace(/\.json$/, ''));
    return versions;
  }

  async delete(scopeId: string, id: string, versions: readonly string[]): Promise<void> {
    await fewAtOnce(versions, version => this.#state.delete(deliverySecretsKey(scopeId, id, version)));
  }
}
