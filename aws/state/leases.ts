/**
 * Leases: who does a long piece of work, so that nobody else begins it meanwhile. A lease is an object that names its
 * holder and its end, taken only as the version that was read, and given back only by its holder. It only saves work:
 * what it guards can be done twice.
 */
import { randomUUID } from 'node:crypto';
import type { Objects } from '#aws/objects.ts';
import { decodeRecord, encodeRecord, isUnreadable, type RecordKind } from './record.ts';

/** `until` is in milliseconds since 1970. Leases of earlier releases name no holder: they end by themselves. */
type LeaseRecord = { holder?: string; until: number };

const leaseRecord: RecordKind<LeaseRecord> = {
  isWhole: ({ until }) => typeof until === 'number',
  cure: 'It ends by itself',
};

/** A lease that was taken; each taking has a holder of its own. */
export type Lease = { key: string; holder: string };

export class Leases {
  readonly #objects: Pick<Objects, 'get' | 'replace'>;
  readonly #nowMs: () => number;
  constructor(objects: Pick<Objects, 'get' | 'replace'>, nowMs: () => number) {
    this.#objects = objects;
    this.#nowMs = nowMs;
  }

  /** Takes a lease for so many milliseconds; undefined if somebody holds it. */
  async take(key: string, ms: number): Promise<Lease | undefined> {
    const { record, etag } = await this.#read(key);
    if (record && record.until > this.#nowMs()) return undefined;
    const lease = { key, holder: randomUUID() };
    const taken: LeaseRecord = { holder: lease.holder, until: this.#nowMs() + ms };
    return (await this.#objects.replace(key, encodeRecord(taken), etag)) ? lease : undefined;
  }

  /**
   * Ends a lease before its time, so that another may try at once. One that has ended and was taken by somebody else
   * stays theirs.
   */
  async giveBack({ key, holder }: Lease): Promise<void> {
    const { record, etag } = await this.#read(key);
    if (record?.holder === holder) await this.#objects.replace(key, encodeRecord({ holder, until: 0 }), etag);
  }

  /** Nobody holds a lease whose record is damaged. */
  async #read(key: string): Promise<{ record: LeaseRecord | undefined; etag: string | undefined }> {
    const stored = await this.#objects.get(key);
    const record = stored && decodeRecord(stored, leaseRecord);
    return { record: isUnreadable(record) ? undefined : record, etag: stored?.etag };
  }
}
