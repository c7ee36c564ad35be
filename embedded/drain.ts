/**
 * Files everything that an installation has acknowledged, while no server runs: the stream may hold events that were
 * not filed before it stopped. Afterwards the buckets are the whole installation.
 */
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { readEnvironment } from '#aws/environment.ts';
import { openBucket } from '#aws/objects.ts';
import { openStream } from '#aws/open.ts';
import { Moves } from '#aws/state/moves.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { heartbeat } from '#domain/archive/pack.ts';
import { archive, openArchive } from '#functions/archive.ts';
import type { Log } from '#functions/runtime/log.ts';
import type { DataDirectory } from './data-directory.ts';
import { openStorage } from './open-storage.ts';
import { environmentOf, names } from './options.ts';
import { Checkpoints } from './stream/checkpoints.ts';
import { EventSource } from './stream/event-source.ts';
import { EmbeddedKinesis } from './stream/kinesis.ts';
import { reportLostRecords } from './stream/lost-records.ts';

export type DrainOptions = {
  data: DataDirectory;
  /** The number of buckets. */
  buckets: number;
  log: Log;
  /** How long filing may take. */
  atMostMs?: number;
  pause(): Promise<void>;
};

const putDeadlineMs = 10_000;
const defaultAtMostMs = 10 * 60_000;

/** Throws if not everything could be filed in time; what is filed stays filed. */
export const drain = async (options: DrainOptions): Promise<void> => {
  const { data, buckets, log, atMostMs = defaultAtMostMs, pause } = options;
  const configuration = readEnvironment('archive', environmentOf({ data: data.root, buckets }));
  const storage = await openStorage({ data, buckets, log });
  const s3 = storage.s3 as unknown as Pick<S3Client, 'send'>;
  const kinesis = await EmbeddedKinesis.open(data.stream, data.temporary, {
    streamName: names.stream,
    shards: 2,
    log,
  });
  try {
    const client = kinesis as unknown as Pick<KinesisClient, 'send'>;
    const world = {
      ...(await openArchive(configuration, { kinesis: client, s3 }, () => undefined)),
      log,
    };
    const state = openBucket(s3, names.state);
    const watermarks = new Watermarks(state);
    await reportLostRecords({
      kinesis,
      checkpoints: new Checkpoints(data.checkpoints, data.temporary, () => undefined),
      watermarks,
      aside: openBucket(s3, names.aside),
      buckets,
      endedElsewhere: await new Moves(state).endedStreams(),
      nowMs: Date.now,
      log,
    });
    await storage.lookForLost(watermarks);
    const source = new EventSource({
      stream: kinesis,
      directory: data.checkpoints,
      temporary: data.temporary,
      invoke: batch => archive(world)(batch),
      putFailure: (key, body) =>
        storage.s3.send(new PutObjectCommand({ Bucket: names.aside, Key: key, Body: body })),
      filedUntil: async shard => BigInt((await watermarks.get(kinesis.id, shard)).watermark.sequence),
      batchSize: 10_000,
      windowMs: 0,
      maxPayloadBytes: 2_000_000,
      maxRecordAgeMs: 6 * 24 * 3_600_000,
      maxPauseMs: 1000,
      nowMs: Date.now,
      log,
    });
    // A heartbeat comes after everything in its bucket: once all are filed, nothing is left to file.
    const positions = await openStream(client, configuration, putDeadlineMs).putAll(
      allBuckets(buckets).map(bucket => ({ bucket, data: heartbeat() })),
    );
    source.start();
    try {
      const endsMs = Date.now() + atMostMs;
      while (!(await watermarks.haveReached(positions))) {
        if (Date.now() > endsMs)
          throw new Error(
            'Not everything that was acknowledged could be filed; the operational log says why',
          );
        await pause();
      }
    } finally {
      await source.stop();
    }
  } finally {
    await kinesis.close();
  }
};
