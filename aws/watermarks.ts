/** The watermarks in the state: one object a shard, written only as the version that was read. */

import { watermarkKey, watermarkPrefix } from '#domain/layout.ts';
import {
  hasReached,
  noWatermark,
  parseWatermark,
  type RecordPosition,
  type Watermark,
} from '#domain/watermark.ts';
import type { Objects } from './objects.ts';

export type ShardWatermark = { watermark: Watermark; etag: string | undefined };

export class Watermarks {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  async get(stream: string, shard: string): Promise<ShardWatermark> {
    const stored = await this.#state.get(watermarkKey(stream, shard));
    return stored
      ? { watermark: parseWatermark(stored.bytes.toString()), etag: stored.etag }
      : { watermark: noWatermark, etag: undefined };
  }

  /** Those of every shard of every stream that there has been. */
  async all(): Promise<Watermark[]> {
    const keys: string[] = [];
    for await (const { key } of this.#state.list(watermarkPrefix)) keys.push(key);
    const stored = await Promise.all(keys.map(key => this.#state.get(key)));
    return stored.flatMap(object => (object ? [parseWatermark(object.bytes.toString())] : []));
  }

  /** Whether every one of these records has been filed. */
  async haveReached(positions: readonly RecordPosition[]): Promise<boolean> {
    const shards = new Map(positions.map(({ stream, shard }) => [`${stream} ${shard}`, { stream, shard }]));
    const filed = new Map<string, Watermark>();
    for (const [name, { stream, shard }] of shards)
      filed.set(name, (await this.get(stream, shard)).watermark);
    return positions.every(({ stream, shard, sequence }) =>
      hasReached(filed.get(`${stream} ${shard}`)!, sequence),
    );
  }

  /** False where the shard's watermark is no longer the version that `before` was read as. */
  put(stream: string, shard: string, watermark: Watermark, before: ShardWatermark): Promise<boolean> {
    return this.#state.replace(
      watermarkKey(stream, shard),
      Buffer.from(`${JSON.stringify(watermark)}\n`),
      before.etag,
    );
  }
}
