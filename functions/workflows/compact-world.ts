/** What compaction needs from outside. */
import type { Objects } from '#aws/objects.ts';
import type { Compactions } from '#aws/state/compactions.ts';
import type { Leases } from '#aws/state/leases.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import type { ObjectExtent, RunLimits } from '#domain/compact/cut.ts';
import type { MadeSegment, SegmentMaker, SegmentSums } from '#domain/compact/segment-maker.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';

/** A `SegmentMaker`, in this thread or in another. */
export type Maker = {
  clear(): Promise<void>;
  add(key: string, bytes: Buffer): Promise<ObjectExtent | { fault: string }>;
  addSegment(bytes: Buffer): Promise<void>;
  make(objects: number): Promise<MadeSegment>;
  sum(bytes: Buffer): Promise<SegmentSums>;
};

export const inThisThread = (maker: SegmentMaker): Maker => ({
  clear: async () => maker.clear(),
  add: async (key, bytes) => maker.add(key, bytes),
  addSegment: bytes => maker.addSegment(bytes),
  make: async objects => maker.make(objects),
  sum: bytes => maker.sum(bytes),
});

export type CompactWorld = {
  ledger: Pick<Objects, 'list' | 'get'>;
  views: Pick<Objects, 'list' | 'get' | 'create' | 'delete'>;
  compactions: Compactions;
  watermarks: Pick<Watermarks, 'all'>;
  leases: Leases;
  /** Whether an open export may still read the segments of this day. */
  isFrozen(bucket: number, date: string): Promise<boolean>;
  maker: Maker;
  buckets: number;
  limits: RunLimits;
  /** Of days that are not compacted, fewer new objects are not made into a run. */
  leastRecentObjects: number;
  /** Longer than a run can take. */
  leaseMs: number;
  nowMs(): number;
  log: Log;
  metrics: Metrics;
};

/** Why a bucket is not compacted further: something is wrong with what is stored, and retrying does not mend it. */
export class CompactionStopped extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CompactionStopped';
  }
}

/** Somebody else has the bucket or its segments: this run leaves them, and nothing is wrong. */
export class CompactionOvertaken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CompactionOvertaken';
  }
}

export const overtaken = (what: string): CompactionOvertaken =>
  new CompactionOvertaken(`Another run of compact has changed ${what}; this one ends`);

/** What computes segments has died, probably for want of memory; the next run takes less at once. */
export class MakerCrashed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MakerCrashed';
  }
}
