/**
 * Records in the log what Annals itself did. Throws if the record is not acknowledged; then the effect must
 * not be shown.
 */

import { encodeSelfAuditEvent, type SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { encodePacks } from '#domain/archive/pack.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import type { Stream } from './stream.ts';

/** The stream does not accept the audit record now. */
export class NotRecorded extends Error {
  constructor(options: ErrorOptions) {
    super('The audit record could not be written', options);
    this.name = 'NotRecorded';
  }
}

/** No row can hold the event, so a retry cannot help: whatever waits for its record must fail. */
export class NotRecordable extends Error {
  constructor(options: ErrorOptions) {
    super('The log can never hold the record of this', options);
    this.name = 'NotRecordable';
  }
}

export class SelfAudit {
  readonly #stream: Pick<Stream, 'put'>;
  readonly #buckets: number;
  readonly #nowMs: () => number;
  /** Keyed by event id: a repeat is harmless, but not worth a duplicate in the log. */
  readonly #recorded = new SingleFlight<void>();

  constructor(stream: Pick<Stream, 'put'>, buckets: number, nowMs: () => number) {
    this.#stream = stream;
    this.#buckets = buckets;
    this.#nowMs = nowMs;
  }

  record(event: SelfAuditEvent): Promise<void> {
    return this.#recorded.run(event.id, () => this.#put(event));
  }

  async #put(event: SelfAuditEvent): Promise<void> {
    const packs = this.#encode(event);
    const { positions, reason } = await this.#stream.put(packs);
    if (positions.includes(undefined)) throw new NotRecorded({ cause: reason });
  }

  #encode(event: SelfAuditEvent): { bucket: number; data: Buffer }[] {
    try {
      const { row, bucketedBy } = encodeSelfAuditEvent(event, instantOfMilliseconds(this.#nowMs()));
      const bucket = bucketOf(bucketedBy, this.#buckets);
      return encodePacks([row]).map(({ data }) => ({ bucket, data }));
    } catch (cause) {
      // The row depends only on the event, so a retry would throw again.
      throw new NotRecordable({ cause });
    }
  }
}
