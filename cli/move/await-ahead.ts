/**
 * Waits until the new installation files later than everything in the old one: from then on `filed_at` increases in
 * every bucket across the move. tick sends a heartbeat to every bucket each minute, so this takes a minute or two.
 */
import type { Objects } from '#aws/objects.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import type { Instant } from '#domain/time.ts';
import { MoveRefused } from './places.ts';

export type Patience = { pause(): Promise<void>; attempts: number };

/** `streams` are those of the old installation, whose watermarks may have been carried by an earlier try. */
export const awaitAhead = async (
  state: Objects,
  { buckets, last, streams }: { buckets: number; last: Instant | undefined; streams: ReadonlySet<string> },
  { pause, attempts }: Patience,
): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    const shards = await new Watermarks(state).shards();
    const own = shards.filter(({ stream }) => !streams.has(stream)).map(({ watermark }) => watermark);
    const filed = completeTo(own, allBuckets(buckets));
    if (filed !== undefined && (last === undefined || filed > last)) return;
    if (attempt === attempts)
      throw new MoveRefused(
        filed === undefined
          ? 'The stack has filed nothing yet, not even a heartbeat; see that its functions run, and move again'
          : `The stack has filed up to ${filed}, and the log to move up to ${last}: its clock was ahead. ` +
              'Move again once that time has passed',
      );
    await pause();
  }
};
