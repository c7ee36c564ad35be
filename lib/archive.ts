/** archive: from the stream to objects in the ledger. */
import { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventSourceMapping, MetricType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  eventsPrefix,
  installationKey,
  onFailurePrefix,
  quarantineRoot,
  watermarkPrefix,
} from '#domain/archive/layout.ts';
import { openRefusedPrefix, refusedRoot } from '#domain/refused/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { encryption, listing, objects } from '#lib/function/permission.ts';
import type { Alarms } from '#lib/resources/alarms.ts';
import type { EventStream } from '#lib/resources/event-stream.ts';
import type { StageProps } from './stage.ts';

export type ArchiveProps = StageProps & { stream: EventStream; alarms: Alarms };

export class Archive extends Construct {
  constructor(scope: Construct, id: string, { stream, storage, alarms, key, settings }: ArchiveProps) {
    super(scope, id);
    const { ledger, state, aside } = storage;
    const archive = new AnnalsFunction(this, 'Function', {
      name: 'archive',
      key,
      logDays: settings.logDays,
      // A batch inflates to 256 MiB of text at most, next to which are the objects that are made from it.
      memoryMiB: 1769,
      timeout: Duration.minutes(5),
      // The event source runs one per shard at a time.
      concurrency: undefined,
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_STREAM: stream.stream.streamName,
        ANNALS_LEDGER: ledger.bucketName,
        ANNALS_STATE: state.bucketName,
        ANNALS_ASIDE: aside.bucketName,
      },
      permissions: [
        ...stream.consumption(),
        // Does it hold anything? Asked before a state without watermarks is taken for a new one.
        listing(ledger),
        objects('s3:PutObject', ledger, [eventsPrefix]),
        objects('s3:GetObject', state, [watermarkPrefix, refusedRoot, installationKey]),
        objects('s3:PutObject', state, [watermarkPrefix, refusedRoot, openRefusedPrefix, installationKey]),
        listing(state),
        objects('s3:PutObject', aside, [quarantineRoot, refusedRoot]),
        // The event source uses this role to put aside what it gives up on, and requires the permission to
        // list.
        listing(aside),
        {
          ...objects('s3:PutObject', aside, [onFailurePrefix]),
          conditions: { StringEquals: { 's3:ResourceAccount': Stack.of(this).account } },
        },
        encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
      ],
    });

    const source = new EventSourceMapping(this, 'Source', {
      target: archive,
      eventSourceArn: stream.stream.streamArn,
      // Everything on the stream is read when the source is created, or created again; what is filed already
      // is skipped.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10_000,
      maxBatchingWindow: Duration.seconds(settings.batchingWindowSeconds),
      // More would break the order of a bucket's records.
      parallelizationFactor: 1,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      // Bad data never throws, so an exception means a broken environment, which no number of retries fixes:
      // there is no limit by count. The limit by age is a day below the stream's own, so that given-up
      // records are put aside and not lost.
      maxRecordAge: Duration.days(6),
      // To S3, since queues and topics would get the positions of the records and not their content.
      onFailure: { bind: () => ({ destination: aside.bucketArn }) },
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });

    alarms.add('archive-iterator-age', {
      metric: archive.metric('IteratorAge', { statistic: 'max', period: Duration.minutes(1) }),
      above: Duration.minutes(10).toMilliseconds(),
      periods: 5,
      meaning: 'Records wait for more than ten minutes to be filed: archive fails, or does not keep up.',
    });
    const dropped = new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'DroppedEventCount',
      dimensionsMap: { EventSourceMappingUUID: source.eventSourceMappingId },
      statistic: 'sum',
      period: Duration.minutes(1),
    });
    alarms.add('archive-records-dropped', {
      metric: dropped,
      above: 0,
      meaning: 'The event source gave up on records and could not put them aside.',
    });
  }
}
