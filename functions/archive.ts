/**
 * archive: files a batch of the stream into objects of the ledger. `planBatch` decides what is written,
 * without side effects. An exception means that the environment is broken and the batch is retried: from the
 * same watermark it files the same rows, at the same instants, under the same keys.
 *
 * Order: quarantine, refused items, objects, watermark. The watermark is replaced only if it is still the one
 * that was read. If two runs work on one shard, one of them fails, and its retry skips what the other has
 * filed.
 */
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { type Kinesis, openKinesis, openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { fewAtOnce } from '#aws/few-at-once.ts';
import { ObjectText } from '#aws/ledger-object.ts';
import type { Objects } from '#aws/objects.ts';
import { openAside, openLedger, openState, openStream, requireConfigured } from '#aws/open.ts';
import { requireFiledFrom } from '#aws/state/installation.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { type ShardWatermark, Watermarks } from '#aws/state/watermarks.ts';
import type { Stream } from '#aws/stream.ts';
import { bucketName, parseRecordKey } from '#domain/archive/bucket.ts';
import { type ObjectName, objectKey } from '#domain/archive/layout.ts';
import { type ArrivedRecord, type PlannedObject, planBatch } from '#domain/archive/plan-batch.ts';
import type { Quarantined } from '#domain/archive/redrive.ts';
import { hasReached, noWatermark, type Watermark } from '#domain/archive/watermark.ts';
import { withRefused } from '#domain/refused/usage.ts';
import type { Instant } from '#domain/time.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { inSteps } from '#functions/runtime/in-steps.ts';
import { type Log, log } from '#functions/runtime/log.ts';
import { logMetrics, type Metrics } from '#functions/runtime/metrics.ts';
import { fileRefused, maxRefusedItems, readRefused } from '#functions/workflows/file-refused.ts';

/** Text that one run holds in memory; the rest of the batch is left for the next run. */
export const maxBatchTextBytes = 256 * 1024 * 1024;

export type ArchiveWorld = {
  /** Rows are filed at this instant or later. */
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

    const steps = planBatch(fresh.map(arrivedRecord), {
      stream,
      shard,
      buckets: world.buckets,
      own: own.watermark,
      watermarks: await watermarksFor(world, own.watermark, fresh),
      filedFrom: world.filedFrom,
      maxTextBytes: world.maxTextBytes,
      maxRefusedItems,
      openText: () => new ObjectText(),
      readRefused,
    });
    const plan = await inSteps(steps);
    await fewAtOnce(plan.quarantined, entry => quarantine(world, entry));
    const kept = await fileRefused(world.refused, plan.refused);
    const watermark = withRefused(plan.watermark, own.watermark, kept);
    const place = {
      stream,
      shard,
      firstSequence: fresh[0]!.kinesis.sequenceNumber,
      lastSequence: plan.watermark.sequence,
    };
    await writeObjects(world, plan.objects, place);
    if (!(await world.watermarks.put(stream, shard, watermark, own)))
      throw new Error(`The watermark of ${shard} was written by another run; the batch is retried`);
    world.metrics({ FiledRows: plan.rows, QuarantinedPieces: plan.quarantined.length });
    return { batchItemFailures: plan.unread === undefined ? [] : [{ itemIdentifier: plan.unread }] };
  };

/**
 * The shard's own watermark. A new shard gets one before its first object is written. So a ledger that has
 * objects but no watermarks is one whose state was lost.
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
 * A bucket's watermark is the greatest over all shards. If this shard has filed every bucket of the batch,
 * its own watermark is enough.
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

const arrivedRecord = ({ kinesis }: KinesisStreamRecord): ArrivedRecord => ({
  sequence: kinesis.sequenceNumber,
  partitionKey: kinesis.partitionKey,
  arrivedAt: kinesis.approximateArrivalTimestamp,
  data: kinesis.data,
});

const quarantine = async (
  { aside, log }: ArchiveWorld,
  { key, record }: { key: string; record: Quarantined },
): Promise<void> => {
  await aside.create(key, Buffer.from(`${JSON.stringify(record)}\n`), { contentType: 'application/json' });
  log('error', 'A piece that cannot be filed was quarantined', { reason: record.reason, key });
};

/** Objects that are written concurrently. */
const objectsAtOnce = 8;

const writeObjects = async (
  world: ArchiveWorld,
  objects: readonly PlannedObject<ObjectText>[],
  place: Pick<ObjectName, 'stream' | 'shard' | 'firstSequence' | 'lastSequence'>,
): Promise<void> => {
  const write = async (object: PlannedObject<ObjectText>): Promise<void> => {
    const { bytes, textSha256 } = await object.text.end();
    // "exists" means that an earlier try wrote this very text, since its hash is in the key. The gzipped
    // bytes may differ.
    await world.ledger.create(objectKey({ ...object, ...place, textSha256 }), bytes, {
      contentType: 'application/x-ndjson',
    });
  };
  await fewAtOnce(objects, write, objectsAtOnce);
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
    // archive does not write to the stream; it only asks for the stream's identity.
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
