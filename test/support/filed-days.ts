/** A ledger of some days: what a test says was filed, in objects as archive writes them. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Objects } from '#aws/objects.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { laneOf, lateBefore } from '#domain/archive/lane.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { addDays, dateOf, type Instant } from '#domain/time.ts';
import { filed, rowText } from './builders.ts';

export const uuidOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export type FiledEvent = {
  n: number;
  scope: string;
  filedAt: Instant;
  /** How many days before it was filed it occurred. */
  daysBefore?: number;
  change?: Record<string, unknown>;
};

/** Files each event in an object of its own. */
export const fileEvents = async (
  ledger: Objects,
  events: readonly FiledEvent[],
  buckets = 32,
): Promise<void> => {
  for (const { n, scope, filedAt, daysBefore = 0, change } of events) {
    const occurredAt = addDays(filedAt, -daysBefore);
    const row = rowText(uuidOf(n), occurredAt, { scope: { id: scope, type: 't' }, ...change });
    const text = filed(row, filedAt);
    const bytes = gzipSync(text);
    await ledger.create(
      objectKey({
        lane: laneOf(occurredAt, lateBefore(filedAt)),
        bucket: bucketOf(scope, buckets),
        firstFiledAt: filedAt,
        stream: 's',
        shard: 'shardId-000000000000',
        firstSequence: '1',
        lastSequence: '1',
        textSha256: createHash('sha256').update(text).digest('hex'),
      }),
      bytes,
    );
  }
};

/** An instant of November 2026. */
export const november = (day: number, time = '12:00:00'): Instant =>
  `2026-11-${String(day).padStart(2, '0')}T${time}.000000000Z`;

export const dayOf = (day: number): string => dateOf(november(day));
