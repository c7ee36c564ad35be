/**
 * The stream between receive and archive. It keeps records for a week, a day longer than archive's event
 * source retries, so that no record expires before it was filed or visibly given up. It is kept when the
 * stack is deleted: it may hold acknowledged events that are not filed yet.
 */
import { Duration } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from '#lib/function/acknowledge.ts';
import { encryption, type Permission } from '#lib/function/permission.ts';
import type { Settings } from '#lib/settings.ts';
import { kept } from './kept.ts';

export type EventStreamProps = { key: IKey; settings: Settings };

export class EventStream extends Construct {
  readonly stream: Stream;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, { key, settings }: EventStreamProps) {
    super(scope, id);
    this.#key = key;
    this.stream = new Stream(this, 'Stream', {
      ...(settings.streamMode === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: settings.shards }),
      retentionPeriod: Duration.days(7),
      encryption: StreamEncryption.KMS,
      encryptionKey: key,
      removalPolicy: kept,
    });
    acknowledge(
      this.stream,
      'AwsSolutions-KDS3',
      'One key of the company protects the whole log; there are few producers, and few packs',
    );
  }

  /** Putting packs. */
  puts(): Permission[] {
    return [
      { actions: ['kinesis:PutRecords'], resources: [this.stream.streamArn] },
      encryption(this.#key, ['kms:GenerateDataKey'], ['kinesis']),
    ];
  }

  /** Asking for the stream's id: a later stream of the same name is another one. */
  identity(): Permission {
    return { actions: ['kinesis:DescribeStreamSummary'], resources: [this.stream.streamArn] };
  }

  /**
   * What Lambda's event source does with the function's role.
   *
   * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
   */
  consumption(): Permission[] {
    return [
      {
        actions: [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        resources: [this.stream.streamArn],
      },
      encryption(this.#key, ['kms:Decrypt'], ['kinesis']),
    ];
  }
}
