/**
 * Leases: who does a long piece of work, so that nobody else begins it meanwhile. A lease is an object that
 * names its end, taken only as the version that was read. It only saves work: what it guards can be done
 * twice.
 */
import type { Objects } from '#aws/objects.ts';
import { decodeRecord, isUnreadable, type RecordKind } from './record.ts';

const leaseRecord: RecordKind<{ until: number }> = {
  isWhole: ({ until }) => typeof until === 'number',
  cure: 'It ends by itself',
};

export class Leases {
  readonly #objects: Pick<Objects, 'get' | 'replace'>;
  readonly #nowMs: () => number;
  constructor(objects: Pick<Objects, 'get' | 'replace'>, nowMs: () => number) {
    this.#objects = objects;
    this.#nowMs = nowMs;
  }

  /** Takes a lease for so long; false where somebody has it. */
  async take(key: string, ms: number): Promise<boolean> {
    const stored = await this.#objects.get(key);
    // One that is damaged is nobody's.
    const lease = stored && decodeRecord(stored, leaseRecord);
    if (lease && !isUnreadable(lease) && lease.until > this.#nowMs()) return false;
    const taken = Buffer.from(JSON.stringify({ until: this.#nowMs() + ms }));
    return this.#objects.replace(key, taken, stored?.etag);
  }

  /** Ends a lease that was taken, before its time: the work has failed, and another may try at once. */
  async giveBack(key: string): Promise<void> {
    const stored = await this.#objects.get(key);
    if (stored) await this.#objects.replace(key, Buffer.from(JSON.stringify({ until: 0 })), stored.etag);
  }
}
