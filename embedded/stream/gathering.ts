/**
 * Files the rows that wait in the stream because somebody wants to see them now, whatever the window of the
 * event source: for an export that waits for its heartbeat, and for somebody who looks at a bucket.
 */
import { performance } from 'node:perf_hooks';
import { Watermarks } from '#aws/state/watermarks.ts';
import { explicitHashKey } from '#domain/archive/bucket.ts';
import type { RecordPosition } from '#domain/archive/watermark.ts';
import type { EventSource } from './event-source.ts';
import type { EmbeddedKinesis } from './kinesis.ts';

/** Resolves once everything that these buckets had acknowledged is filed, or after a bounded wait. */
export type Gather = (buckets: readonly number[]) => Promise<void>;

export type GatheringOptions = {
  stream: Pick<EmbeddedKinesis, 'id' | 'shards'>;
  eventSource: Pick<EventSource, 'windows' | 'progress'>;
  /** The number of buckets. */
  buckets: number;
  /** For tests: how often the window of a shard is ended for somebody who looks. */
  everyMs?: number;
  /** For tests: how long a caller waits if nothing is filed. */
  atMostMs?: number;
};

/** A page that is looked at all day makes one object in this time, at most. */
const gatherEveryMs = 1500;
/** Filing takes some ten milliseconds; a disk that is busy or full must not hold a reader. */
const waitAtMostMs = 2000;

export class Gathering {
  readonly #options: GatheringOptions;
  /** When each shard was last gathered. */
  readonly #gathered = new Map<string, number>();

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  readonly gather: Gather = async buckets => {
    const hashes = buckets.map(bucket => BigInt(explicitHashKey(bucket, this.#options.buckets)));
    // Of a shard that was split, the parent may still hold rows.
    const shards = this.#options.stream.shards.filter(({ start, end }) =>
      hashes.some(hash => start <= hash && hash <= end),
    );
    await Promise.all(shards.map(shard => this.#gather(shard)));
  };

  async #gather(shard: { id: string; written: bigint }): Promise<void> {
    const { eventSource, everyMs = gatherEveryMs, atMostMs = waitAtMostMs } = this.#options;
    const { id, written } = shard;
    while (eventSource.progress.of(id) < written) {
      const sinceMs = performance.now() - (this.#gathered.get(id) ?? -Infinity);
      if (sinceMs < everyMs) {
        await eventSource.progress.reached(id, written, everyMs - sinceMs);
        continue;
      }
      this.#gathered.set(id, performance.now());
      // What has come meanwhile is filed with it.
      eventSource.windows.demand(id, shard.written);
      return eventSource.progress.reached(id, written, atMostMs);
    }
  }

  /** Ends the windows that hold these records. */
  demand(positions: readonly RecordPosition[]): void {
    const { stream, eventSource } = this.#options;
    for (const { stream: id, shard, sequence } of positions)
      if (id === stream.id) eventSource.windows.demand(shard, BigInt(sequence));
  }
}

/** Whoever asks whether records are filed waits for them: if they are not, they are filed next. */
export class DemandingWatermarks extends Watermarks {
  readonly #demand: (positions: readonly RecordPosition[]) => void;

  constructor(
    state: ConstructorParameters<typeof Watermarks>[0],
    demand: (positions: readonly RecordPosition[]) => void,
  ) {
    super(state);
    this.#demand = demand;
  }

  override async haveReached(positions: readonly RecordPosition[]): Promise<boolean> {
    const isFiled = await super.haveReached(positions);
    if (!isFiled) this.#demand(positions);
    return isFiled;
  }
}
