/**
 * A batch of the stream to objects in the ledger. Bad data never throws: it is put aside whole before
 * anything else is written, and leaves a gap. What throws is a broken world, and the batch is tried again:
 * from the same watermark it files the same rows at the same instants under the same names, so a retry finds
 * its own work.
 *
 * Order: quarantine, refused items, objects, watermark. The watermark is written only as the version that was
 * read, so of two runs at the same shard one fails, and its retry skips what the other has filed.
 */
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { type Kinesis, openKinesis, openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { ObjectText } from '#aws/ledger-object.ts';
import type { Objects } from '#aws/objects.ts';
import { openAside, openLedger, openState, openStream, requireConfigured } from '#aws/open.ts';
import { requireFiledFrom } from '#aws/state/installation.ts';
import { type FiledPart, RefusedItems } from '#aws/state/refused-items.ts';
import { type ShardWatermark, Watermarks } from '#aws/state/watermarks.ts';
import type { Stream } from '#aws/stream.ts';
import { bucketName, bucketOf, parseRecordKey } from '#domain/archive/bucket.ts';
import { type Lane, laneOf, type ObjectName, objectKey, quarantineKey } from '#domain/archive/layout.ts';
import { decodePack } from '#domain/archive/pack.ts';
import type { Quarantined as QuarantinedRecord } from '#domain/archive/redrive.ts';
import { decodeRow } from '#domain/archive/row.ts';
import { filingClock, hasReached, noWatermark, type Watermark } from '#domain/archive/watermark.ts';
import { decodePart } from '#domain/refused/item.ts';
import { withRefused } from '#domain/refused/usage.ts';
import {
  consecutiveInstants,
  dateOf,
  type Instant,
  instantOf,
  millisecondsOf,
  nanosecondsPerDay,
  nanosecondsPerMillisecond,
} from '#domain/time.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { type Log, log } from '#functions/runtime/log.ts';
import { logMetrics, type Metrics } from '#functions/runtime/metrics.ts';
import { fileRefused } from '#functions/workflows/file-refused.ts';

/** The text that one run holds in memory; what does not fit is left for the next. */
export const maxBatchTextBytes = 256 * 1024 * 1024;

export type ArchiveWorld = {
  /** Nothing is filed below this. */
  filedFrom?: Instant | undefined;
  stream: Pick<Stream, 'id'>;
  ledger: Pick<Objects, 'create'>;
  aside: Pick<Objects, 'create'>;
  refused: Pick<RefusedItems, 'file'>;
  watermarks: Pick<Watermarks, 'get' | 'all' | 'put'>;
  buckets: number;
  maxTextBytes: number;
  log: Log;
  metrics: Metrics;
};

/** Lines that go into one object. */
type Group = { lane: Lane; bucket: number; firstFiledAt: Instant; text: ObjectText };
type Quarantined = {
  key: string;
  reason: string;
  data: string;
  sequence: string;
  arrival: Instant;
  partitionKey: string;
  line: number | undefined;
};
/** What is to be written for a batch, in the order of the fields. */
type Plan = {
  quarantined: Quarantined[];
  refused: FiledPart[];
  groups: Group[];
  rows: number;
  watermark: Watermark;
  unread: string | undefined;
};

export const archive =
  (world: ArchiveWorld) =>
  async ({ Records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    const [first] = Records;
    if (!first) return { batchItemFailures: [] };
    const shard = first.eventID.slice(0, first.eventID.lastIndexOf(':'));
    const stream = await world.stream.id();
    const own = await ownWatermark(world, stream, shard);
    const fresh = Records.filter(({ kinesis }) => !hasReached(own.watermark, kinesis.sequenceNumber));
    if (fresh.length === 0) return { batchItemFailures: [] };

    const plan = planBatch(
      world,
      stream,
      shard,
      own.watermark,
      await watermarksFor(world, own.watermark, fresh),
      fresh,
    );
    await Promise.all(plan.quarantined.map(entry => quarantine(world, shard, entry)));
    const kept = await fileRefused(world.refused, plan.refused);
    const watermark = withRefused(plan.watermark, own.watermark, kept);
    const place = {
      stream,
      shard,
      firstSequence: fresh[0]!.kinesis.sequenceNumber,
      lastSequence: plan.watermark.sequence,
    };
    await writeObjects(world, plan.groups, place);
    if (!(await world.watermarks.put(stream, shard, watermark, own)))
      throw new Error(`The watermark of ${shard} was written by another run; this batch is tried again`);
    world.metrics({ FiledRows: plan.rows, QuarantinedPieces: plan.quarantined.length });
    return { batchItemFailures: plan.unread === undefined ? [] : [{ itemIdentifier: plan.unread }] };
  };

/**
 * The shard's own watermark. A shard without one gets it before its first object is written: a ledger that has objects
 * while nobody has a watermark is then one whose state was lost.
 */
const ownWatermark = async (
  { watermarks }: ArchiveWorld,
  stream: string,
  shard: string,
): Promise<ShardWatermark> => {
  const own = await watermarks.get(stream, shard);
  if (own.etag !== undefined) return own;
  await watermarks.put(stream, shard, noWatermark, own);
  return watermarks.get(stream, shard);
};

/**
 * A bucket's watermark is the greatest over all shards; where this one has filed all of the batch's buckets,
 * its own.
 */
const watermarksFor = async (
  world: ArchiveWorld,
  own: Watermark,
  records: readonly KinesisStreamRecord[],
): Promise<Watermark[]> => {
  const isKnown = ({ kinesis }: KinesisStreamRecord): boolean => {
    const bucket = parseRecordKey(kinesis.partitionKey, world.buckets)?.bucket;
    return bucket === undefined || bucketName(bucket) in own.filed;
  };
  return records.every(isKnown) ? [own] : [own, ...(await world.watermarks.all())];
};

const planBatch = (
  world: ArchiveWorld,
  stream: string,
  shard: string,
  own: Watermark,
  watermarks: readonly Watermark[],
  records: readonly KinesisStreamRecord[],
): Plan => {
  const clock = filingClock(watermarks, world.filedFrom);
  const groups = new Map<string, Group>();
  const quarantined: Quarantined[] = [];
  const refused: FiledPart[] = [];
  const rows = new Map<number, number>();
  let textBytes = 0;
  let lastRead = own.sequence;
  let unread: string | undefined;
  for (const { kinesis } of records) {
    const { sequenceNumber: sequence, partitionKey, approximateArrivalTimestamp } = kinesis;
    const arrival = BigInt(millisecondsOf(approximateArrivalTimestamp)) * nanosecondsPerMillisecond;
    const { bucket, isRefused } = parseRecordKey(partitionKey, world.buckets) ?? {};
    const putAside = (filedAt: Instant, reason: string, data: string, line?: number): void => {
      const key = quarantineKey(bucket, filedAt, stream, shard, sequence, line);
      quarantined.push({ key, reason, data, sequence, arrival: instantOf(arrival), partitionKey, line });
    };
    const data = Buffer.from(kinesis.data, 'base64');
    const pack =
      bucket === undefined
        ? { fault: 'The partition key names no bucket' }
        : isRefused
          ? decodePart(data)
          : decodePack(data);
    if (bucket === undefined || 'fault' in pack) {
      const filedAt = bucket === undefined ? clock.notBelow(arrival) : clock.take(bucket, arrival, 0);
      putAside(instantOf(filedAt), 'fault' in pack ? pack.fault : '', kinesis.data);
      lastRead = sequence;
      continue;
    }
    const bytes = 'header' in pack ? data.length : pack.bytes;
    if (textBytes > 0 && textBytes + bytes > world.maxTextBytes) {
      unread = sequence;
      break;
    }
    textBytes += bytes;
    if ('header' in pack) {
      // It takes one instant, as a heartbeat, so that whatever is filed after it is later.
      const filedAt = instantOf(clock.take(bucket, arrival, 0));
      refused.push({
        header: pack.header,
        data,
        place: { bucket, filedAt, shard: `${stream}/${shard}`, sequence },
      });
      lastRead = sequence;
      continue;
    }
    const base = clock.take(bucket, arrival, pack.lines.length);
    const filed = consecutiveInstants(base, pack.lines.length);
    const dayEarlier = consecutiveInstants(base - nanosecondsPerDay, pack.lines.length);
    pack.lines.forEach((line, i) => {
      const filedAt = filed[i]!;
      const row = decodeRow(line);
      const fault =
        'fault' in row
          ? row.fault
          : bucketOf(row.bucketedBy, world.buckets) === bucket
            ? undefined
            : 'The row belongs to another bucket';
      if (fault !== undefined || 'fault' in row) {
        putAside(filedAt, fault ?? '', line.toString('base64'), i);
        return;
      }
      const lane = laneOf(row.occurredAt, dayEarlier[i]!);
      const groupKey = `${lane} ${bucket} ${dateOf(filedAt)}`;
      const group = groups.get(groupKey) ?? { lane, bucket, firstFiledAt: filedAt, text: new ObjectText() };
      groups.set(groupKey, group);
      group.text.add(line, filedAt);
      rows.set(bucket, (rows.get(bucket) ?? 0) + 1);
    });
    lastRead = sequence;
  }
  return {
    quarantined,
    refused,
    groups: [...groups.values()],
    rows: [...rows.values()].reduce((sum, count) => sum + count, 0),
    watermark: clock.watermark(own, lastRead, rows),
    unread,
  };
};

const quarantine = async (world: ArchiveWorld, shard: string, entry: Quarantined): Promise<void> => {
  const { key, reason, data, sequence, arrival, partitionKey, line } = entry;
  const record: QuarantinedRecord = {
    reason,
    shard,
    sequence,
    arrival,
    partition_key: partitionKey,
    line: line ?? null,
    data,
  };
  await world.aside.create(key, Buffer.from(`${JSON.stringify(record)}\n`), {
    contentType: 'application/json',
  });
  world.log('error', 'Something that cannot be filed was quarantined', { reason, key });
};

/** Objects are put side by side, some at a time. */
const objectsAtOnce = 8;

const writeObjects = async (
  world: ArchiveWorld,
  groups: readonly Group[],
  place: Pick<ObjectName, 'stream' | 'shard' | 'firstSequence' | 'lastSequence'>,
): Promise<void> => {
  const waiting = [...groups];
  const write = async (): Promise<void> => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      const { bytes, textSha256 } = await group.text.end();
      // "exists" is this very text, put by an earlier try: its hash is in the key. The bytes may be others.
      await world.ledger.create(objectKey({ ...group, ...place, textSha256 }), bytes, {
        contentType: 'application/x-ndjson',
      });
    }
  };
  await Promise.all(Array.from({ length: objectsAtOnce }, write));
};

/** Throws if the configuration is not that of the installation, or if its state was lost. */
export const openArchive = async (
  configuration: ConfigurationOf<'archive'>,
  { kinesis, s3 }: { kinesis: Kinesis; s3: S3 },
  metrics: Metrics,
): Promise<ArchiveWorld> => {
  const state = openState(s3, configuration);
  const ledger = openLedger(s3, configuration);
  const aside = openAside(s3, configuration);
  const installation = await requireConfigured(s3, configuration);
  await requireFiledFrom(state, ledger, installation);
  return {
    filedFrom: installation.filed_from ?? undefined,
    // Archive puts nothing on the stream; it asks only which stream it is.
    stream: openStream(kinesis, configuration, 0),
    ledger,
    aside,
    refused: new RefusedItems(aside, state),
    watermarks: new Watermarks(state),
    buckets: configuration.ANNALS_BUCKETS,
    maxTextBytes: maxBatchTextBytes,
    log,
    metrics,
  };
};

export const handler = lambda(async () => {
  const configuration = readEnvironment('archive', process.env);
  return archive(
    await openArchive(
      configuration,
      { kinesis: openKinesis(), s3: openS3() },
      logMetrics(configuration.ANNALS_INSTALLATION),
    ),
  );
});
