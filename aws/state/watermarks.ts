/**
 * The watermarks in the state: one object per shard, replaced only if it is still the version that was read.
 */

import { fewAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { watermarkKey, watermarkOfKey, watermarkPrefix } from '#domain/archive/layout.ts';
import {
  hasReached,
  isWatermark,
  noWatermark,
  type RecordPosition,
  type Watermark,
} from '#domain/archive/watermark.ts';
import { encodeRecord, type RecordKind, readRecord } from './record.ts';

export type ShardWatermark = { watermark: Watermark; etag: string | undefined };

const watermarkRecord: RecordKind<Watermark> = {
  isWhole: isWatermark,
  cure:
    'Restore it from a copy; without one, delete it: what the stream still holds is then filed again, ' +
    'and exports drop the copies',
};

export class Watermarks {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  async get(stream: string, shard: string): Promise<ShardWatermark> {
    const stored = await this.#state.get(watermarkKey(stream, shard));
    return stored
      ? { watermark: readRecord(stored, watermarkRecord), etag: stored.etag }
      : { watermark: noWatermark, etag: undefined };
  }

  /** The watermarks of every shard of every stream so far. */
  async all(): Promise<Watermark[]> {
    return (await this.shards()).map(({ watermark }) => watermark);
  }

  /** The same, with their streams and shards. */
  async shards(): Promise<{ stream: string; shard: string; watermark: Watermark }[]> {
    const found: { key: string; stream: string; shard: string }[] = [];
    for await (const { key } of this.#state.list(watermarkPrefix)) {
      const whose = watermarkOfKey(key);
      if (whose) found.push({ key, ...whose });
    }
    const read = await fewAtOnce(found, async ({ key, ...whose }) => {
      const stored = await this.#state.get(key);
      return stored && { ...whose, watermark: readRecord(stored, watermarkRecord) };
    });
    return read.filter(shard => shard !== undefined);
  }

  /** Whether all of these records have been filed. */
  async haveReached(positions: readonly RecordPosition[]): Promise<boolean> {
    const shards = new Map(positions.map(({ stream, shard }) => [`${stream} ${shard}`, { stream, shard }]));
    const filed = new Map<string, Watermark>();
    for (const [name, { stream, shard }] of shards)
      filed.set(name, (await this.get(stream, shard)).watermark);
    return positions.every(({ stream, shard, sequence }) =>
      hasReached(filed.get(`${stream} ${shard}`)!, sequence),
    );
  }

  /** False if the watermark is no longer the version in `before`. */
  put(stream: string, shard: string, watermark: Watermark, before: ShardWatermark): Promise<boolean> {
    return this.#state.replace(watermarkKey(stream, shard), encodeRecord(watermark), before.etag);
  }
}
