/**
 * What archive does with a batch of the stream, decided before anything is written: which rows go into which
 * object, at which instants, what is put aside and why, and the watermark afterwards. The same batch and the
 * same watermarks give the same plan, so a retry finds its own work. Bad data never throws: it is
 * quarantined, and leaves a gap.
 */
import {
  consecutiveInstants,
  dateOf,
  type Instant,
  instantOf,
  millisecondsOf,
  nanosecondsPerMillisecond,
} from '#domain/time.ts';
import { bucketOf, parseRecordKey } from './bucket.ts';
import { type Lane, laneOf, lateBeforeEach } from './lane.ts';
import { quarantineKey } from './layout.ts';
import { decodePack } from './pack.ts';
import type { Quarantined } from './redrive.ts';
import { decodeRow } from './row.ts';
import { filingClock, type Watermark } from './watermark.ts';

/**
 * A record of the stream. `arrivedAt` is in seconds since 1970, `data` in base64, as Lambda hands them over.
 */
export type ArrivedRecord = { sequence: string; partitionKey: string; arrivedAt: number; data: string };

/** The text of an object while its rows are gathered. */
export type RowSink = { add(line: Buffer, filedAt: Instant): void };

/** What a record of refused items holds, or why it cannot be read. */
export type ReadRefused<Item> = (data: Buffer) => readonly Item[] | { fault: string };

export type Batch<Text extends RowSink, Item extends { data: Buffer }> = {
  stream: string;
  shard: string;
  buckets: number;
  /** The watermark of the shard, and every watermark that a bucket of the batch may have. */
  own: Watermark;
  watermarks: readonly Watermark[];
  /** Nothing is filed below this. */
  filedFrom: Instant | undefined;
  /** A run takes at most this, but always its first record. The rest is left for the next run. */
  maxTextBytes: number;
  maxRefusedItems: number;
  openText(): Text;
  readRefused: ReadRefused<Item>;
};

/** The rows of one object. */
export type PlannedObject<Text> = { lane: Lane; bucket: number; firstFiledAt: Instant; text: Text };
/** Where a refused item came from, and when it is filed. */
export type ItemPlace = { bucket: number; filedAt: Instant; shard: string; sequence: string };

/** What is to be written, in the order of the fields. */
export type BatchPlan<Text, Item> = {
  quarantined: { key: string; record: Quarantined }[];
  refused: (Item & { place: ItemPlace })[];
  objects: PlannedObject<Text>[];
  watermark: Watermark;
  rows: number;
  /** The sequence of the first record that was left for the next run. */
  unread: string | undefined;
};

/** Rows between two steps: less than a millisecond of work. */
const rowsOfStep = 200;

/**
 * Plans in steps, for a process that has other work too: the generator stops after each, and returns the plan.
 */
export function* planBatch<Text extends RowSink, Item extends { data: Buffer }>(
  records: readonly ArrivedRecord[],
  batch: Batch<Text, Item>,
): Generator<void, BatchPlan<Text, Item>> {
  const planner = new Planner(batch);
  for (const record of records) if (!(yield* planner.take(record))) return planner.end(record.sequence);
  return planner.end(undefined);
}

type Position = ArrivedRecord & { bucket: number; arrival: bigint };

class Planner<Text extends RowSink, Item extends { data: Buffer }> {
  readonly #batch: Batch<Text, Item>;
  readonly #clock: ReturnType<typeof filingClock>;
  readonly #quarantined: BatchPlan<Text, Item>['quarantined'] = [];
  readonly #refused: BatchPlan<Text, Item>['refused'] = [];
  readonly #objects = new Map<string, PlannedObject<Text>>();
  /** How many rows were filed into each bucket. */
  readonly #rows = new Map<number, number>();
  #textBytes = 0;
  #sinceStep = 0;
  #lastRead: string;

  constructor(batch: Batch<Text, Item>) {
    this.#batch = batch;
    this.#clock = filingClock(batch.watermarks, batch.filedFrom);
    this.#lastRead = batch.own.sequence;
  }

  /** Plans what becomes of a record; false if there is no room for it in this run. */
  *take(record: ArrivedRecord): Generator<void, boolean> {
    const { buckets, readRefused } = this.#batch;
    const arrival = BigInt(millisecondsOf(record.arrivedAt)) * nanosecondsPerMillisecond;
    const kind = parseRecordKey(record.partitionKey, buckets);
    if (!kind) {
      const filedAt = instantOf(this.#clock.notBelow(arrival));
      this.#putAside(record, { filedAt, reason: 'The partition key names no bucket', data: record.data });
    } else {
      const position = { ...record, bucket: kind.bucket, arrival };
      const data = Buffer.from(record.data, 'base64');
      const isTaken = kind.isRefused
        ? this.#takeRefused(position, readRefused(data))
        : yield* this.#takeRows(position, decodePack(data));
      if (!isTaken) return false;
    }
    this.#lastRead = record.sequence;
    yield* this.#step();
    return true;
  }

  /** Counts a row, or a record, and stops after some of them. */
  *#step(): Generator<void, void> {
    this.#sinceStep += 1;
    if (this.#sinceStep < rowsOfStep) return;
    this.#sinceStep = 0;
    yield;
  }

  end(unread: string | undefined): BatchPlan<Text, Item> {
    return {
      quarantined: this.#quarantined,
      refused: this.#refused,
      objects: [...this.#objects.values()],
      watermark: this.#clock.watermark(this.#batch.own, this.#lastRead, this.#rows),
      rows: [...this.#rows.values()].reduce((sum, count) => sum + count, 0),
      unread,
    };
  }

  /** Each item takes one instant, so that whatever is filed after it is later. */
  #takeRefused(position: Position, items: readonly Item[] | { fault: string }): boolean {
    if ('fault' in items) return this.#putWholeAside(position, items.fault);
    const count = this.#refused.length + items.length;
    if (this.#refused.length > 0 && count > this.#batch.maxRefusedItems) return false;
    if (!this.#hasRoomFor(items.reduce((sum, { data }) => sum + data.length, 0))) return false;
    const { stream, shard } = this.#batch;
    const { bucket, sequence, arrival } = position;
    const filed = consecutiveInstants(this.#clock.take(bucket, arrival, items.length), items.length);
    items.forEach((item, at) => {
      const place = { bucket, filedAt: filed[at]!, shard: `${stream}/${shard}`, sequence };
      this.#refused.push({ ...item, place });
    });
    return true;
  }

  *#takeRows(position: Position, pack: ReturnType<typeof decodePack>): Generator<void, boolean> {
    if ('fault' in pack) return this.#putWholeAside(position, pack.fault);
    if (!this.#hasRoomFor(pack.bytes)) return false;
    const { lines } = pack;
    const filed = consecutiveInstants(
      this.#clock.take(position.bucket, position.arrival, lines.length),
      lines.length,
    );
    const late = lines.length === 0 ? [] : lateBeforeEach(filed[0]!, lines.length);
    for (const [at, line] of lines.entries()) {
      const filedAt = filed[at]!;
      const lane = this.#laneOf(line, position.bucket, late[at]!);
      if (typeof lane === 'string') this.#file(line, { lane, bucket: position.bucket, filedAt });
      else this.#putAside(position, { filedAt, reason: lane.fault, data: line.toString('base64'), line: at });
      yield* this.#step();
    }
    return true;
  }

  /** The lane of a row; or why it cannot be filed. */
  #laneOf(line: Buffer, bucket: number, lateBefore: Instant): Lane | { fault: string } {
    const row = decodeRow(line);
    if ('fault' in row) return row;
    if (bucketOf(row.bucketedBy, this.#batch.buckets) !== bucket)
      return { fault: 'The row belongs to another bucket' };
    return laneOf(row.occurredAt, lateBefore);
  }

  #file(line: Buffer, { lane, bucket, filedAt }: { lane: Lane; bucket: number; filedAt: Instant }): void {
    const id = `${lane} ${bucket} ${dateOf(filedAt)}`;
    const object = this.#objects.get(id) ?? {
      lane,
      bucket,
      firstFiledAt: filedAt,
      text: this.#batch.openText(),
    };
    this.#objects.set(id, object);
    object.text.add(line, filedAt);
    this.#rows.set(bucket, (this.#rows.get(bucket) ?? 0) + 1);
  }

  /** Whether so much more fits into this run; the first record always does. */
  #hasRoomFor(bytes: number): boolean {
    if (this.#textBytes > 0 && this.#textBytes + bytes > this.#batch.maxTextBytes) return false;
    this.#textBytes += bytes;
    return true;
  }

  /** It takes one instant, as a heartbeat does. */
  #putWholeAside(position: Position, reason: string): true {
    const filedAt = instantOf(this.#clock.take(position.bucket, position.arrival, 0));
    this.#putAside(position, { filedAt, reason, data: position.data });
    return true;
  }

  #putAside(
    { sequence, partitionKey, arrivedAt, bucket }: ArrivedRecord & { bucket?: number },
    { filedAt, reason, data, line }: { filedAt: Instant; reason: string; data: string; line?: number },
  ): void {
    const { stream, shard } = this.#batch;
    const arrival = instantOf(BigInt(millisecondsOf(arrivedAt)) * nanosecondsPerMillisecond);
    this.#quarantined.push({
      key: quarantineKey({ bucket, filedAt, stream, shard, sequence, line }),
      record: { reason, shard, sequence, arrival, partition_key: partitionKey, line: line ?? null, data },
    });
  }
}
