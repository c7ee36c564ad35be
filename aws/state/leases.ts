/**
 * Leases: who is doing a long piece of work, so that nobody else starts it meanwhile. A lease is an object
 * with its holder and its end, taken only as the version that was read, and released only by its holder. It
 * only saves work: the work can safely be done twice.
 */
import { randomUUID } from 'node:crypto';
import type { Objects } from '#aws/objects.ts';
import { decodeRecord, encodeRecord, isUnreadable, type RecordKind } from './record.ts';

/** `until` is in milliseconds since 1970. Leases of earlier releases have no holder; they expire. */
type LeaseRecord = { holder?: string; until: number };

const leaseRecord: RecordKind<LeaseRecord> = {
  isWhole: ({ until }) => typeof until === 'number',
  cure: 'It expires',
};

/** A lease that was taken; each taking has a unique holder. */
export type Lease = { key: string; holder: string };

export class Leases {
  readonly #objects: Pick<Objects, 'get' | 'replace'>;
  readonly #nowMs: () => number;
  constructor(objects: Pick<Objects, 'get' | 'replace'>, nowMs: () => number) {
    this.#objects = objects;
    this.#nowMs = nowMs;
  }

  /** Takes a lease for some milliseconds; undefined if somebody holds it. */
  async take(key: string, ms: number): Promise<Lease | undefined> {
    const { record, etag } = await this.#read(key);
    if (record && record.until > this.#nowMs()) return undefined;
    const lease = { key, holder: randomUUID() };
    const taken: LeaseRecord = { holder: lease.holder, until: this.#nowMs() + ms };
    return (await this.#objects.replace(key, encodeRecord(taken), etag)) ? lease : undefined;
  }

  /**
   * Ends a lease early, so that another process may try at once. A lease that somebody else has taken
   * meanwhile stays theirs.
   */
  async giveBack({ key, holder }: Lease): Promise<void> {
    const { record, etag } = await this.#read(key);
    if (record?.holder === holder) await this.#objects.replace(key, encodeRecord({ holder, until: 0 }), etag);
  }

  /** A lease with a damaged record counts as free. */
  async #read(key: string): Promise<{ record: LeaseRecord | undefined; etag: string | undefined }> {
    const stored = await this.#objects.get(key);
    const record = stored && decodeRecord(stored, leaseRecord);
    return { record: isUnreadable(record) ? undefined : record, etag: stored?.etag };
  }
}
