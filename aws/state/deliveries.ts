/**
 * The deliveries, each with its event log, and the list of those that are not deleted, by bucket. An entry of that
 * list is written before the event that it is for, with the version that the delivery has then: whoever lists sees
 * by the ETag which deliveries changed, and reads only those.
 */
import { randomUUID } from 'node:crypto';
import type { Objects } from '#aws/objects.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { type Delivery, type DeliveryEvent, evolveDelivery } from '#domain/deliver/delivery.ts';
import {
  deliveriesOfScopePrefix,
  deliveryPrefix,
  openDeliveriesPrefix,
  openDeliveryKey,
} from '#domain/deliver/layout.ts';
import { EventLog } from './event-log.ts';
import { encodeRecord, type RecordKind, readRecord, type UnreadableRecord } from './record.ts';

const cure = 'Restore it from a copy; without one the delivery no longer runs: make another under a new id';

/** `written` tells one writing from another, also of the same version; absent in old entries. */
type Entry = { scope_id: string; id: string; version: number; written?: string };
const entryRecord: RecordKind<Entry> = {
  isWhole: ({ scope_id, id, version }) =>
    typeof scope_id === 'string' && typeof id === 'string' && Number.isInteger(version),
  cure: 'Change the delivery, which writes it again',
};

export type OpenDelivery = { key: string; etag: string };

export class Deliveries {
  readonly #state: Objects;
  readonly #buckets: number;
  readonly #events: EventLog<Delivery, DeliveryEvent>;

  constructor(state: Objects, buckets: number) {
    this.#state = state;
    this.#buckets = buckets;
    this.#events = new EventLog(state, { evolve: evolveDelivery, cure });
  }

  get(scopeId: string, id: string): Promise<Delivery | undefined> {
    return this.#events.get(deliveryPrefix(scopeId, id));
  }

  /**
   * A page of the deliveries of a scope after a cursor, including deleted ones; the cursor of the next page; and an
   * error for each that cannot be read.
   */
  async page(
    scopeId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ deliveries: Delivery[]; unreadable: UnreadableRecord[]; cursor: string | undefined }> {
    const prefix = deliveriesOfScopePrefix(scopeId);
    const { found, ...page } = await this.#events.page(prefix, limit, cursor);
    return { deliveries: found, ...page };
  }

  /** Appends an event to the delivery that was read; undefined if somebody else has changed it. */
  async append(delivery: Delivery | undefined, event: DeliveryEvent): Promise<Delivery | undefined> {
    const next = evolveDelivery(delivery, event);
    await this.#announce(next);
    return this.#events.append(deliveryPrefix(next.scopeId, next.id), delivery, event);
  }

  /**
   * Writes the entry with the version that the delivery is about to have. It is written also if it says that already:
   * whoever is about to drop what an earlier try left then finds another version, and leaves it.
   */
  async #announce({ scopeId, id, version }: Delivery): Promise<void> {
    const key = openDeliveryKey(bucketOf(scopeId, this.#buckets), scopeId, id);
    const entry = encodeRecord({ scope_id: scopeId, id, version, written: randomUUID() } satisfies Entry);
    while (!(await this.#state.replace(key, entry, (await this.#state.get(key))?.etag)));
  }

  /** The entries of all that may have work. */
  async open(): Promise<OpenDelivery[]> {
    const found: OpenDelivery[] = [];
    for await (const { key, etag } of this.#state.list(openDeliveriesPrefix)) found.push({ key, etag });
    return found;
  }

  /**
   * The delivery that an entry is for; undefined if it does not exist. `isSettled` says that the entry's ETag is of
   * what was read: until the entry changes, so it stays.
   */
  async whichIs({
    key,
    etag,
  }: OpenDelivery): Promise<{ delivery: Delivery | undefined; isSettled: boolean }> {
    const stored = await this.#state.get(key);
    if (!stored) return { delivery: undefined, isSettled: false };
    const { scope_id, id, version } = readRecord(stored, entryRecord);
    const delivery = await this.get(scope_id, id);
    return { delivery, isSettled: stored.etag === etag && (delivery?.version ?? 0) >= version };
  }

  /**
   * Drops the entry of a delivery that is deleted or was never made, if it is still the one that was listed: a delivery
   * that is about to be made, or to change, has written another.
   */
  async forget({ key, etag }: OpenDelivery): Promise<void> {
    await this.#state.deleteVersion(key, etag);
  }
}
