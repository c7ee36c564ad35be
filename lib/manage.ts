/** manage: admins, schedules, deliveries, what could not be filed, and notices that could not be delivered. */
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { gapEndsPrefix, installationKey, quarantineRoot, redrivesPrefix } from '#domain/archive/layout.ts';
import {
  deliveriesPrefix,
  deliveryProgressPrefix,
  deliverySecretsPrefix,
  deliveryTestsPrefix,
  openDeliveriesPrefix,
} from '#domain/deliver/layout.ts';
import { noticesPrefix } from '#domain/export/notice-layout.ts';
import { endedRefusedPrefix, openRefusedPrefix, refusedRoot } from '#domain/refused/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import {
  administering,
  asking,
  directory,
  encryption,
  objects,
  scheduling,
} from '#lib/function/permission.ts';
import type { EventStream } from '#lib/resources/event-stream.ts';
import { callerEnvironment } from './caller-environment.ts';
import { assuming, deliveryEnvironment } from './delivering.ts';
import { reading } from './reading.ts';
import type { StageProps } from './stage.ts';

export type ManageProps = StageProps & { stream: EventStream; deliveryKey: string };

export class Manage extends Construct {
  readonly function: AnnalsFunction<'manage'>;

  constructor(
    scope: Construct,
    id: string,
    { storage, stream, key, settings, catalogueModules, pageSecret, deliveryKey }: ManageProps,
  ) {
    super(scope, id);
    const { ledger, state, views, aside } = storage;
    const { directoryFunction } = settings;
    const delivery = [
      deliveriesPrefix,
      openDeliveriesPrefix,
      deliveryProgressPrefix,
      deliveryTestsPrefix,
      deliverySecretsPrefix,
    ];
    this.function = new AnnalsFunction(this, 'Function', {
      name: 'manage',
      catalogueModules,
      key,
      logDays: settings.logDays,
      // It counts what a new delivery begins with, and holds what it reads for that.
      memoryMiB: 1024,
      timeout: Duration.seconds(29),
      concurrency: undefined,
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_STREAM: stream.stream.streamName,
        ANNALS_STATE: state.bucketName,
        ANNALS_LEDGER: ledger.bucketName,
        ANNALS_VIEWS: views.bucketName,
        ANNALS_ASIDE: aside.bucketName,
        ANNALS_CATALOGUE_MODE: settings.catalogueMode,
        ...callerEnvironment({ settings, pageSecret }),
        ...deliveryEnvironment(this, settings, deliveryKey),
      },
      permissions: [
        ...stream.puts(),
        stream.identity(),
        ...reading(storage),
        objects('s3:GetObject', aside, [quarantineRoot, refusedRoot]),
        objects('s3:DeleteObject', aside, [refusedRoot]),
        objects('s3:GetObject', state, [
          quarantineRoot,
          redrivesPrefix,
          noticesPrefix,
          refusedRoot,
          ...delivery,
        ]),
        objects('s3:PutObject', state, [
          gapEndsPrefix,
          redrivesPrefix,
          noticesPrefix,
          refusedRoot,
          endedRefusedPrefix,
          installationKey,
          ...delivery,
        ]),
        objects('s3:DeleteObject', state, [
          redrivesPrefix,
          noticesPrefix,
          openRefusedPrefix,
          deliverySecretsPrefix,
        ]),
        assuming(this),
        ...asking(state),
        ...scheduling(state),
        ...directory(state, directoryFunction),
        ...administering(state, directoryFunction),
        encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
      ],
    });
  }
}
