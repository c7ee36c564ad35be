/** browse: looks into a log, straight from the ledger, behind the two HTTP APIs. */
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { installationKey } from '#domain/archive/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { directory, encryption, objects } from '#lib/function/permission.ts';
import type { EventStream } from '#lib/resources/event-stream.ts';
import { callerEnvironment } from './caller-environment.ts';
import { reading } from './reading.ts';
import { reserved, type StageProps } from './stage.ts';

export type BrowseProps = StageProps & { stream: EventStream };

export class Browse extends Construct {
  readonly function: AnnalsFunction<'browse'>;

  constructor(
    scope: Construct,
    id: string,
    { storage, stream, key, settings, catalogueModules, pageSecret }: BrowseProps,
  ) {
    super(scope, id);
    const { ledger, state, views, aside } = storage;
    const { directoryFunction } = settings;
    this.function = new AnnalsFunction(this, 'Function', {
      name: 'browse',
      catalogueModules,
      key,
      logDays: settings.logDays,
      // It unpacks and searches what it reads, and keeps some of it for the next page.
      memoryMiB: 1769,
      timeout: Duration.seconds(29),
      // A client that loops must not take the account's Lambdas from those who send events.
      concurrency: reserved(settings, 20),
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_STREAM: stream.stream.streamName,
        ANNALS_STATE: state.bucketName,
        ANNALS_LEDGER: ledger.bucketName,
        ANNALS_VIEWS: views.bucketName,
        ANNALS_ASIDE: aside.bucketName,
        ...callerEnvironment({ settings, pageSecret }),
      },
      permissions: [
        // The look of the operator into all scopes is recorded.
        ...stream.puts(),
        ...reading(storage),
        objects('s3:PutObject', state, [installationKey]),
        ...directory(state, directoryFunction),
        encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
      ],
    });
  }
}
